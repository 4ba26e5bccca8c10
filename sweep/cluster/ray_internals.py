"""What we need of Ray beside its public interface: all of it stands here.

Checked with Ray 2.60. If a new version moves one of these names, change this file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ray.job_submission import JobSubmissionClient


@contextmanager
def starting_in_sessions(on_start: Callable[[int], None]) -> Iterator[None]:
    """Let the servers that Ray starts meanwhile lead sessions of their own.

    Args:
        on_start: Called with the process id of each.
    """
    from ray._private import services

    private: Any = services
    ordinary = private.ConsolePopen

    def start(*arguments: Any, **settings: Any) -> Any:
        process = ordinary(*arguments, **settings, start_new_session=True)
        on_start(process.pid)
        return process

    private.ConsolePopen = start
    try:
        yield
    finally:
        private.ConsolePopen = ordinary


@contextmanager
def unprinted() -> Iterator[None]:
    """Let Ray print nothing of its servers' logs on the terminal: we say what matters."""
    from ray._private import worker

    private: Any = worker
    ordinary = private.print_to_stdstream
    private.print_to_stdstream = lambda *_, **__: None
    try:
        yield
    finally:
        private.print_to_stdstream = ordinary


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


def disconnect() -> None:
    """Disconnect from Ray, and end the servers that this process started."""
    from ray._private import worker

    worker.shutdown()


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
