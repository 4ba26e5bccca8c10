"""What we need of Ray beside its public interface: all of it stands here.

Checked with Ray 2.60. If a new version moves one of these names, change this file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ray.job_submission import JobSubmissionClient


UPLOADS = "ray._private.runtime_env.packaging"
"""Name of the logger that tells of files on their way to a cluster."""

_UNUSED = "start_monitor", "start_api_server", "start_log_monitor"


@contextmanager
def _replaced(owner: Any, **others: Any) -> Iterator[None]:
    """Give a module or class of Ray's other functions for a while."""
    ordinary = {name: getattr(owner, name) for name in others}
    for name, other in others.items():
        setattr(owner, name, other)
    try:
        yield
    finally:
        for name, own in ordinary.items():
            setattr(owner, name, own)


def _nothing(*arguments: Any, **settings: Any) -> None:
    pass


@contextmanager
def starting_in_sessions(on_start: Callable[[int], None]) -> Iterator[None]:
    """Let the servers that Ray starts meanwhile lead sessions of their own.

    Args:
        on_start: Called with the process id of each.
    """
    from ray._private import services

    ordinary: Any = services.ConsolePopen

    def start(*arguments: Any, **settings: Any) -> Any:
        process = ordinary(*arguments, **settings, start_new_session=True)
        on_start(process.pid)
        return process

    with _replaced(services, ConsolePopen=start):
        yield


@contextmanager
def without_unused() -> Iterator[None]:
    """Let Ray start none of the servers that a sweep on one machine never asks for anything.

    One starts more machines, one serves the dashboard, one brings the logs of workers to the
    driver. They would take two seconds of a processor at every start, and 300 MB. The raylet needs
    the dashboard's agent; the agent is the small one of a Ray without a dashboard.
    """
    from ray._private import node, utils

    def lacking() -> ImportError:
        return ImportError("the dashboard is not used")

    with (
        _replaced(node.Node, **dict.fromkeys(_UNUSED, _nothing)),
        _replaced(utils, get_dashboard_dependency_error=lacking),
    ):
        yield


@contextmanager
def unrecorded() -> Iterator[None]:
    """Let Ray Tune neither write nor collect what it knows of its trials.

    A resume reads the study, and results are read from MLflow. Tune has settings for how often it
    writes, and none for the start and the end, where it would write all trials and look for files
    of each; its own result is empty then.
    """
    from ray.tune.execution.tune_controller import TuneController

    with (
        _replaced(TuneController, checkpoint=_nothing),
        _replaced(import_module("ray.tune.tune"), ExperimentAnalysis=_of_no_trials),
    ):
        yield


def _of_no_trials(*arguments: Any, **settings: Any) -> Any:
    return SimpleNamespace(trials=())


@contextmanager
def unprinted() -> Iterator[None]:
    """Let Ray print nothing of its servers' logs on the terminal: we say what matters."""
    from ray._private import worker

    with _replaced(worker, print_to_stdstream=_nothing):
        yield


def connected_node() -> Any:
    """Ray's node that this process is connected to, or None.

    It has `all_processes`, the servers that this process started, by Ray's names;
    `raylet_socket_name`; and `gcs_address`.
    """
    from ray._private import worker

    private: Any = worker
    return private._global_node


def never_connect_again() -> None:
    """Let no thread that is left behind start another Ray."""
    from ray._private import auto_init_hook

    auto_init_hook.enable_auto_connect = False


def connect_again() -> None:
    """Let a call of Ray's start or join a Ray by itself, as Ray has it from the start."""
    from ray._private import auto_init_hook

    auto_init_hook.enable_auto_connect = True


def forget_token() -> None:
    """Let the next connection read its token anew: Ray keeps it for the whole process."""
    from ray import _raylet

    compiled: Any = _raylet
    compiled.AuthenticationTokenLoader.instance().reset_cache()


def disconnect() -> None:
    """Disconnect from Ray, and end the servers that this process started."""
    from ray._private import worker

    worker.shutdown()


def placement_states() -> list[str]:
    """The states of the places that this driver asks for, for its trials: PENDING, CREATED.

    Those that it has given back are left out; Ray still knows them. The id of a placement group
    ends with that of the job that made it.
    """
    import ray
    from ray.util import placement_group_table

    job = ray.get_runtime_context().get_job_id()
    table: dict[str, dict[str, Any]] = placement_group_table()
    states = [group["state"] for name, group in table.items() if name.endswith(job)]
    return [state for state in states if state != "REMOVED"]


_SHARED = "spikesweep"
"""Namespace of our entries in the key-value store of a cluster's head."""


def tell_all(key: str, text: str) -> None:
    """Write an entry that every driver of the cluster can read."""
    from ray.experimental import internal_kv

    internal_kv._internal_kv_put(key, text, overwrite=True, namespace=_SHARED)


def told_by_all(prefix: str) -> dict[str, str]:
    """The entries whose keys begin so."""
    from ray.experimental import internal_kv

    keys = internal_kv._internal_kv_list(prefix, namespace=_SHARED)
    found = {key: internal_kv._internal_kv_get(key, namespace=_SHARED) for key in keys}
    # one may have been taken away in between
    return {key.decode(): text.decode() for key, text in found.items() if text is not None}


def untell(key: str) -> None:
    """Take an entry away."""
    from ray.experimental import internal_kv

    internal_kv._internal_kv_del(key, namespace=_SHARED)


def job_client(url: str, timeout_s: float) -> JobSubmissionClient:
    """Ray's client of a cluster's jobs, which would wait for ever for a server that is silent."""
    from ray.job_submission import JobSubmissionClient

    class PatientForAWhile(JobSubmissionClient):
        def _do_request(self, method: str, endpoint: str, **options: Any) -> Any:
            options.setdefault("timeout", timeout_s)
            return super()._do_request(method, endpoint, **options)

    return PatientForAWhile(url)


def version_of_server(client: JobSubmissionClient) -> str:
    """The version of Ray that a cluster has."""
    return str(client._do_request("GET", "/api/version").json()["ray_version"])
