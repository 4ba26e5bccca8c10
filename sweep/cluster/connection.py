"""Ray, on this machine or on a cluster."""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from analysis.text.addresses import shown
from sweep.cluster.guard import Guard
from sweep.cluster.ray_internals import forget_token, unprinted, without_unused
from sweep.cluster.servers import Servers, in_a_session_of_their_own, reset_connection
from sweep.cluster.sharing.neighbours import Neighbours
from sweep.cluster.sharing.slots import NoSlots, Slots
from sweep.cluster.token import give_token
from sweep.errors import SweepError, first_line
from sweep.host.ending import RAY_IS_BROKEN
from sweep.host.environment import quiet_mlflow, settle_ray
from sweep.host.guest import RAY_LOGGERS, unlogged
from sweep.host.shadows import job_config
from sweep.host.stopping import obeyed_later
from sweep.spec.sections.resources import Resources

PATIENCE_S = 90.0
"""How long Ray may take to start on this machine; for a silent server it would wait for ever."""

_ANSWER_S = 20.0  # a server that lives accepts a connection, however busy it is
_TRIES = 2  # Ray gives its servers 30 s, which are too short on a busy machine
_TOO_SLOW = "timed out during startup", "Timed out waiting for file", "Failed to start GCS"
_HERE = "local"


@contextmanager
def connected(needs: Resources, address: str | None) -> Iterator[Slots]:
    """Be connected to the cluster at an address, or of RAY_ADDRESS, or to a Ray started here.

    A Ray that somebody else has started on this machine is used only if one of the two names it. A
    connection that the caller's process has already is used, and left open.

    Yields:
        How many trials can run at once, now: nodes come and go.

    Raises:
        SweepError: There is no such cluster, or no node of it has room for one trial.
    """
    settle_ray(os.environ)
    with unlogged():
        import ray

    for name in RAY_LOGGERS:  # our own messages name each problem once
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if ray.is_initialized():
        with _beside_others(needs, Servers()) as slots:
            yield slots
        return
    there = _there(address)
    require_answer(there)
    if there == _HERE:
        give_token(os.environ)
        forget_token()  # of an earlier Ray of this process: the new one would refuse it
    imports = threading.Thread(target=_import_what_follows, name="imports", daemon=True)
    imports.start()
    servers = Servers(_started(there))
    try:
        imports.join()  # modules that two threads import at once may stay unfinished
        with unprinted():
            if there == _HERE:
                yield Slots(needs, servers)
            else:
                with _beside_others(needs, servers) as slots:
                    yield slots
    finally:
        servers.shut_down()


@contextmanager
def not_needed(needs: Resources) -> Iterator[Slots]:
    """Be connected to nothing, where no trial is left to run."""
    settle_ray(os.environ)
    _import_what_follows()
    yield NoSlots(needs)


def announced(address: str | None) -> str:
    """What `connected` is going to do, in words; empty if this process is connected already."""
    ray = sys.modules.get("ray")
    if ray is not None and ray.is_initialized():
        return ""
    there = _there(address)
    return (
        "Ray starts on this machine" if there == _HERE else f"connecting to Ray at {shown(there)}"
    )


def require_answer(there: str) -> None:
    """Check that a server answers at `host:port`: Ray itself would try, and log, for minutes.

    Raises:
        SweepError: None does.
    """
    host, _, port = there.rpartition(":")
    if not host or "://" in there or not port.isdecimal():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER_S).close()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or first_line(error)
        raise SweepError(f"Ray at {shown(there)} cannot be used: {reason}") from None


def _there(address: str | None) -> str:
    """Where Ray is, or is to be started."""
    return address or os.environ.get("RAY_ADDRESS") or _HERE


@contextmanager
def _beside_others(needs: Resources, servers: Servers) -> Iterator[Slots]:
    """Share the cluster with the other sweeps that run on it."""
    import ray

    neighbours = Neighbours(ray.get_runtime_context().get_job_id(), needs.wanted)
    try:
        yield Slots(needs, servers, neighbours)
    finally:
        if not servers.lost():
            neighbours.leave()


@contextmanager
def left_as_found() -> Iterator[None]:
    """Let the caller's own program use Ray afterwards as if we had not been here.

    A connection that it has already is not touched. Nor is a Ray that has broken: it is lost.
    """
    try:
        yield
    finally:
        ray = sys.modules.get("ray")
        if ray is not None and not ray.is_initialized() and not RAY_IS_BROKEN.is_set():
            reset_connection()


def _started(there: str) -> Guard:
    """Connect to Ray; start it first if it is to run on this machine.

    Raises:
        SweepError: There is no such cluster, or Ray does not start.
    """
    import ray

    for left in reversed(range(_TRIES)):
        guard, late = Guard(), threading.Event()
        try:
            with (
                obeyed_later(),
                in_a_session_of_their_own(guard),
                without_unused(),
                _ended_if_late(guard, late),
            ):
                ray.init(
                    address=there,
                    include_dashboard=False if there == _HERE else None,
                    job_config=job_config(),
                    log_to_driver=False,
                    logging_level=logging.ERROR,
                )
            return guard
        except Exception as error:  # Ray raises plain ones, too: a node that did not start in time
            guard.leave()
            slow = late.is_set() or any(words in str(error) for words in _TOO_SLOW)
            if left and slow:
                continue
            where = "this machine" if there == _HERE else shown(there)
            busy = "; the machine may be too busy: the same command tries again" if slow else ""
            raise SweepError(f"Ray at {where} cannot be used: {first_line(error)}{busy}") from None
    raise AssertionError("the last try returns or raises")


@contextmanager
def _ended_if_late(guard: Guard, late: threading.Event) -> Iterator[None]:
    """End the servers that were started, and set `late`, when the start takes too long."""

    def end() -> None:
        late.set()
        guard.end_all()

    timer = threading.Timer(PATIENCE_S, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _import_what_follows() -> None:
    """Import slow libraries, before several threads need them; or while Ray's processes start."""
    quiet_mlflow()
    for module in ("optuna", "sqlalchemy", "mlflow.tracking"):
        import_module(module)
