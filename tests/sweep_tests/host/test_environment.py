"""What a user has set for other programs does not reach in; what is meant for us does."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sweep.host.environment import settle, settle_ray
from tests.sweep_tests.workplace import Workplace

STRAY = {
    # Ray's, Tune's and Train's
    "TUNE_RESULT_DIR": "/nowhere",
    "TUNE_RESULT_DELIM": "!",
    "TUNE_RESULT_BUFFER_LENGTH": "1000",
    "TUNE_RESULT_BUFFER_MIN_TIME_S": "1000",
    "TUNE_MAX_LEN_IDENTIFIER": "1",
    "TUNE_MAX_PENDING_TRIALS_PG": "none",
    "TUNE_GLOBAL_CHECKPOINT_S": "often",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "0",
    "TUNE_PLACEMENT_GROUP_RECON_INTERVAL": "never",
    "TUNE_RESTORE_RETRY_NUM": "some",
    "TUNE_STATE_REFRESH_PERIOD": "1000",
    "TUNE_WARN_THRESHOLD_S": "soon",
    "RAY_AIR_LOCAL_CACHE_DIR": "/nowhere",
    "RAY_AIR_NEW_OUTPUT": "1",
    "RAY_AIR_FULL_TRACEBACKS": "1",
    "RAY_TRAIN_V2_ENABLED": "1",
    "RAY_TRAIN_CALLBACKS": "no.such.callback",
    "RAY_RUNTIME_ENV_HOOK": "no.such.hook",
    "RAY_STORAGE": "/nowhere",
    "RAY_DEBUG": "legacy",
    "RAY_DEBUG_POST_MORTEM": "1",
    "RAY_CLIENT_MODE": "1",
    "RAY_CHDIR_TO_TRIAL_DIR": "1",
    # MLflow's and Optuna's
    "MLFLOW_RUN_ID": "0" * 32,
    "MLFLOW_EXPERIMENT_ID": "77",
    "MLFLOW_EXPERIMENT_NAME": "of another",
    "MLFLOW_RUN_CONTEXT": "{",
    "MLFLOW_ACTIVE_MODEL_ID": "m-0",
    "MLFLOW_ENABLE_ASYNC_LOGGING": "true",
    "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING": "true",
    "MLFLOW_LOGGING_LEVEL": "DEBUG",
    "MLFLOW_SQLALCHEMYSTORE_ECHO": "true",
    "MLFLOW_TRUNCATE_LONG_VALUES": "false",
    "MLFLOW_TRACE_SAMPLING_RATIO": "all",
    "OPTUNA_STORAGE": "sqlite:////nowhere/optuna.db",
    # those of what computes and draws
    "NUMBA_DISABLE_JIT": "1",
    "NUMBA_NUM_THREADS": "many",
    "NUMBA_OPT": "best",
    "TORCH_LOGS": "everything",
    "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1",
    "TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1",
    "OMP_NUM_THREADS": "many",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "MATPLOTLIBRC": "/nowhere/matplotlibrc",
    # Python's
    "PYTHONWARNINGS": "error",
    "PYTHONOPTIMIZE": "1",
    "PYTHONSTARTUP": "/nowhere/startup.py",
    "PYTHONIOENCODING": "ascii",
    "PYTHONASYNCIODEBUG": "1",
    # other programs'
    "GIT_DIR": "/nowhere",
    "PROMETHEUS_MULTIPROC_DIR": "/nowhere",
}
"""None of these may have an effect, nor be seen by a process that we start."""

ODD = {
    "LC_ALL": "C",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
    "TERM": "dumb",
    "NO_COLOR": "1",
    "COLUMNS": "1",
    "LINES": "few",
    "http_proxy": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
}
"""These stay, and a sweep can live with them."""

MEANT = {
    "MLFLOW_TRACKING_URI": "https://runs.example",
    "MLFLOW_TRACKING_USERNAME": "alice",
    "MLFLOW_TRACKING_PASSWORD": "secret",
    "MLFLOW_TRACKING_TOKEN": "secret",
    "MLFLOW_TRACKING_SERVER_CERT_PATH": "/certificates",
    "MLFLOW_REGISTRY_URI": "https://models.example",
    "MLFLOW_WORKSPACE": "team",
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
    "MLFLOW_S3_ENDPOINT_URL": "https://objects.example",
    "SPIKESWEEP_STORAGE": "s3://bucket/sweeps",
    "SPIKESWEEP_OPTUNA": "postgresql:///optuna",
    "SPIKESWEEP_DATA": "/data",
    "RAY_ADDRESS": "10.0.0.1:6379",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": "secret",
    "RAY_TMPDIR": "/scratch",
    "RAY_memory_usage_threshold": "0.9",
    "RAY_JOB_CONFIG_JSON_ENV_VAR": "{}",
    "CUDA_VISIBLE_DEVICES": "1",
    "AWS_ACCESS_KEY_ID": "key",
    "NUMBA_CACHE_DIR": "/scratch/numba",
    "OMP_NUM_THREADS": "4,2",
    "PYTHONPATH": "/own/modules",
    "PGPASSFILE": "/own/pgpass",
}


def test_what_is_meant_for_other_programs_is_cleared_or_set_by_us() -> None:
    environment = dict(STRAY)
    settle(environment)
    assert {name: value for name, value in environment.items() if STRAY.get(name) == value} == {}


def test_what_is_meant_for_us_stays() -> None:
    environment = dict(MEANT)
    settle(environment)
    assert {name: environment.get(name) for name in MEANT} == MEANT


def test_a_program_of_the_users_own_keeps_what_is_not_rays() -> None:
    environment = {"MPLBACKEND": "inline", "MLFLOW_RUN_ID": "1", "TUNE_RESULT_DIR": "/nowhere"}
    settle_ray(environment)
    assert environment["MPLBACKEND"] == "inline" and environment["MLFLOW_RUN_ID"] == "1"
    assert "TUNE_RESULT_DIR" not in environment


@pytest.mark.parametrize(
    ("given", "direct"),
    [
        ({}, None),
        ({"http_proxy": "http://proxy:3128"}, "localhost,127.0.0.1,::1"),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "a, b"}, "a,b,localhost,127.0.0.1,::1"),
        ({"ALL_PROXY": "socks5://proxy", "no_proxy": "*"}, "*"),
    ],
)
def test_this_machine_is_not_reached_through_a_proxy(
    given: dict[str, str], direct: str | None
) -> None:
    environment = dict(given)
    settle(environment)
    assert environment.get("no_proxy") == environment.get("NO_PROXY") == direct


@pytest.fixture
def somebodys_ray() -> Iterator[tuple[Path, socket.socket]]:
    """A folder of Ray's that names a cluster, and what listens there."""
    with (
        tempfile.TemporaryDirectory(prefix="ray-") as folder,
        socket.create_server(("127.0.0.1", 0)) as server,
    ):
        (Path(folder) / "ray").mkdir()
        port = server.getsockname()[1]
        (Path(folder) / "ray" / "ray_current_cluster").write_text(f"127.0.0.1:{port}")
        yield Path(folder), server


UMLAUT = "Über Größen: 你好"


@pytest.mark.timeout(400)
def test_a_sweep_in_a_hostile_environment_gives_what_it_gives_in_peace(
    place: Workplace, somebodys_ray: tuple[Path, socket.socket]
) -> None:
    """Started by `uv run`, beside a large file, and files with the names of packages."""
    folder, server = somebodys_ray
    search = {"lr": [1e-3, 2e-3]}
    base = {"dataset": "digits", "epochs": 1, "n_steps": 5, "encoding": "constant"}
    spec = place.spec(search=search, base=base, sampler="grid", trials=2, description=UMLAUT)
    peace = place.folder / "peace"
    peace.mkdir()
    calm = Workplace(peace)
    keys = [f"--set={key}={value}" for key, value in base.items()]
    for lr in search["lr"]:
        assert calm.run("train", *keys, f"--set=lr={lr}").returncode == 0
    for name in ("sweep", "snn", "analysis", "ray", "torch", "mlflow", "numba", "numpy"):
        (place.folder / f"{name}.py").write_text("raise SystemExit('the wrong file')")
    with (place.folder / "large.bin").open("wb") as large:
        large.truncate(600_000_000)

    bin_ = Path(sys.executable).parent
    command = [bin_ / "uv", "run", "--no-project", "--offline", "--python", sys.executable]
    command += ["--cache-dir", place.folder / "cache", "env", "HOME=/proc/no/home"]
    done = subprocess.run(
        [*command, bin_ / "spikesweep", "run", spec],
        cwd=place.folder,
        env=place.environment | STRAY | ODD | {"RAY_TMPDIR": str(folder)},
        capture_output=True,
        timeout=300,
    )
    progress = done.stderr.decode("ascii")
    assert done.returncode == 0, progress
    assert done.stdout.decode("ascii").startswith("leaders of small")
    ours = (" done, ", "all runs: ", "small: 2 configurations ", "Ray starts on this machine")
    assert [line for line in progress.splitlines() if not any(o in line for o in ours)] == []
    found, expected = place.runs("small"), calm.runs("train")
    assert {run.info.status for run in found} == {"FINISHED"}
    values = {run.data.params["lr"]: run.data.metrics["best_val_accuracy"] for run in found}
    assert values == {
        run.data.params["lr"]: run.data.metrics["best_val_accuracy"] for run in expected
    }
    assert UMLAUT in (place.folder / "ray_results" / "small" / "1" / "spec.yaml").read_text("utf-8")
    server.settimeout(0)
    with pytest.raises(BlockingIOError):
        server.accept()  # nobody has tried to join somebody's cluster
    assert not [path for path in folder.rglob("auth_token")]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_of_few_characters_gets_all_texts(place: Workplace, encoding: str) -> None:
    file = f"{UMLAUT}.yaml"
    (place.folder / place.spec(description=UMLAUT)).rename(place.folder / file)
    done = subprocess.run(
        [sys.executable, "-m", "sweep.cli", "validate", file],
        cwd=place.folder,
        env=place.environment | {"PYTHONIOENCODING": encoding},
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    shown = UMLAUT.encode(encoding, "backslashreplace").decode(encoding)
    assert done.stdout.decode(encoding).startswith(f"{shown}.yaml: valid; 3 ")
