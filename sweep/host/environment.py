"""The environment variables that our libraries read: which we clear, set and keep.

Users set variables for other programs, and the libraries in this program would obey them. This file
lists every variable that is cleared or set, with the reason, for this process and all that it
starts. Variables that a user sets for a sweep stay: those with the places and passwords of stores,
cluster, data and proxies, and those that choose GPUs and caches. This module imports only the
standard library, because it must run before any other import.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType


@dataclass(frozen=True)
class Rule:
    """Variables that are cleared.

    Attributes:
        names: As patterns of a shell.
        why: What they would do to a sweep.
        kept: Those among them that stay, as patterns.
    """

    names: tuple[str, ...]
    why: str
    kept: tuple[str, ...] = ()

    def clears(self, name: str) -> bool:
        """Whether a variable is cleared."""
        return _among(name, self.names) and not _among(name, self.kept)


RAY_CLEARED = (
    Rule(("TUNE_*", "RAY_AIR_*", "RAY_TRAIN_*"), "move Tune's files, or change how trials are run"),
    Rule(
        ("RAY_RUNTIME_ENV_HOOK", "RAY_OVERRIDE_JOB_RUNTIME_ENV", "RAY_STORAGE"),
        "pack the working folder for the workers, or refuse to start",
    ),
    Rule(("RAY_DEBUG", "RAY_DEBUG_*", "RAY_PDB*"), "let a failed trial wait for a debugger"),
    Rule(("RAY_CLIENT_MODE", "RAY_FAKE_CLUSTER", "RAY_*_FOR_TESTING"), "are of Ray's own tests"),
)

RAY_SET: Mapping[str, str] = MappingProxyType(
    {
        "TUNE_MAX_PENDING_TRIALS_PG": "1000",  # the searcher itself limits how many trials wait
        "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # no CSV, JSON, TensorBoard files per trial
        "RAY_AIR_NEW_OUTPUT": "0",  # the board shows the progress
        "RAY_CHDIR_TO_TRIAL_DIR": "0",  # relative paths mean the same everywhere
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
        "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # `uv run` would pack the working folder
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_prestart_worker_first_driver": "0",  # trials have an environment: they start their own
    }
)

CLEARED = (
    *RAY_CLEARED,
    Rule(
        ("MLFLOW_*",),
        "log to another run or experiment, later, or with much to say",
        kept=(
            # where the runs are, who reads them, and how they are reached
            *("MLFLOW_TRACKING_*", "MLFLOW_REGISTRY_*", "MLFLOW_WORKSPACE*", "MLFLOW_AUTH_*"),
            *("MLFLOW_ENABLE_WORKSPACES", "MLFLOW_ALLOW_*", "MLFLOW_DISABLE_*", "MLFLOW_HTTP_*"),
            *("MLFLOW_KERBEROS_*", "MLFLOW_MYSQL_*", "MLFLOW_SQLALCHEMYSTORE_POOL*"),
            "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW",
            # where artifacts are
            *("MLFLOW_ARTIFACT*", "MLFLOW_S3_*", "MLFLOW_GCS_*", "MLFLOW_BOTO_*", "MLFLOW_DFS_*"),
            *("MLFLOW_PYARROW_*", "MLFLOW_UC_*", "MLFLOW_*_DATABRICKS_*", "MLFLOW_*MULTIPART_*"),
            # the server of `spikesweep ui`
            *("MLFLOW_SERVER_*", "MLFLOW_FLASK_*", "MLFLOW_BASIC_AUTH_*"),
        ),
    ),
    Rule(("OPTUNA_*",), "name another store of studies; ours is SPIKESWEEP_OPTUNA"),
    Rule(("NUMBA_*",), "compile other code, or none, or fail", kept=("NUMBA_CACHE_DIR",)),
    Rule(
        ("TORCH_ALLOW_TF32_*", "NVIDIA_TF32_OVERRIDE", "TORCH_FORCE_*", "TORCH_LOGS"),
        "compute other numbers, read checkpoints otherwise, or print much",
    ),
    Rule(("MPLBACKEND", "MATPLOTLIBRC"), "are of notebooks and of other figures"),
    Rule(
        (
            *("PYTHONWARNINGS", "PYTHONDEVMODE", "PYTHONOPTIMIZE", "PYTHONINSPECT"),
            *("PYTHONSTARTUP", "PYTHONVERBOSE", "PYTHONDEBUG", "PYTHONPROFILEIMPORTTIME"),
            *("PYTHONASYNCIODEBUG", "PYTHONDUMPREFS*", "PYTHONIOENCODING", "PYTHONTRACEMALLOC"),
            "PYTHONWARNDEFAULTENCODING",
        ),
        "make errors of warnings, print much, or keep a worker from ending",
    ),
    Rule(("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"), "name the commit of other code"),
    Rule(("PROMETHEUS_MULTIPROC_DIR",), "lets a server write into a folder that may not be there"),
)

MLFLOW_SET: Mapping[str, str] = MappingProxyType(
    {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_LOGGING_LEVEL": "ERROR",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # that is for results
        "GIT_PYTHON_REFRESH": "quiet",
    }
)

DELIVERING: Mapping[str, str] = MappingProxyType(
    {
        # the outbox retries, after it has checked what arrived
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    }
)
"""For processes that write to MLflow, unless the user has set them."""

CHATTY = ("mlflow", "alembic", "urllib3", "sqlalchemy", "matplotlib")
"""Loggers of libraries that are silenced: our own messages name each problem once."""

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_THREADS = re.compile(r"[1-9]\d*(,[1-9]\d*)*")


def settle(environment: MutableMapping[str, str]) -> None:
    """Apply all rules of this module, in place, for the command line."""
    _clear(environment, CLEARED)
    environment.update({**RAY_SET, **MLFLOW_SET})
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        if not _THREADS.fullmatch(environment.get(name, "1")):
            del environment[name]  # else the libraries warn in every process
    _reach_loopback_directly(environment)


def settle_ray(environment: MutableMapping[str, str]) -> None:
    """Apply only the rules for Ray, in place: the rest of a user's own program stays as it is."""
    _clear(environment, RAY_CLEARED)
    environment.update(RAY_SET)


def quiet_mlflow() -> None:
    """Keep MLflow's own messages (schema migrations, retries) off the user's terminal.

    Called before MLflow is imported: it reads these variables then.
    """
    for name, value in {**MLFLOW_SET, **DELIVERING}.items():
        os.environ.setdefault(name, value)
    quiet_loggers()


def quiet_loggers() -> None:
    """Let the loggers of libraries print errors only."""
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.ERROR)


def _clear(environment: MutableMapping[str, str], rules: Iterable[Rule]) -> None:
    for name in list(environment):
        if any(rule.clears(name) for rule in rules):
            environment.pop(name, None)


def _reach_loopback_directly(environment: MutableMapping[str, str]) -> None:
    """Reach this machine directly, never through a proxy."""
    if not any(environment.get(name) or environment.get(name.upper()) for name in _PROXIES):
        return
    given = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    direct = [host for host in (part.strip() for part in given.split(",")) if host]
    if "*" not in direct:
        direct += [host for host in _LOOPBACK if host not in direct]
    environment["no_proxy"] = environment["NO_PROXY"] = ",".join(direct)


def _among(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
