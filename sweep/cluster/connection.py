"""Ray, on this machine or on a cluster."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from analysis.text.addresses import shown
from sweep.cluster.guard import Guard
from sweep.cluster.memory import Memory
from sweep.cluster.ray_internals import (
    forget_token,
    placement_states,
    unprinted,
    without_unused,
)
from sweep.cluster.servers import Servers, in_a_session_of_their_own, reset_connection
from sweep.cluster.sharing.neighbours import Neighbours
from sweep.cluster.token import give_token
from sweep.errors import SweepError, first_line
from sweep.host.ending import RAY_IS_BROKEN
from sweep.host.environment import quiet_mlflow, settle_ray
from sweep.host.guest import RAY_LOGGERS, unlogged
from sweep.host.shadows import job_config
from sweep.host.stopping import obeyed_later
from sweep.spec.specification import Resources, counted

_COUNT_EVERY_S = 5.0
PATIENCE_S = 90.0
"""How long Ray may take to start on this machine; for a silent server it would wait for ever."""

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
    there = address or os.environ.get("RAY_ADDRESS") or _HERE
    if there == _HERE:
        give_token(os.environ)
        forget_token()  # of an earlier Ray of this process: the new one would refuse it
    threading.Thread(target=_import_what_follows, name="imports", daemon=True).start()
    servers = Servers(_started(there))
    try:
        with unprinted():
            if there == _HERE:
                yield Slots(needs, servers)
            else:
                with _beside_others(needs, servers) as slots:
                    yield slots
    finally:
        servers.shut_down()


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
            if left and (late.is_set() or any(words in str(error) for words in _TOO_SLOW)):
                continue
            where = "this machine" if there == _HERE else shown(there)
            raise SweepError(f"Ray at {where} cannot be used: {first_line(error)}") from None
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
    """Import slow libraries while Ray's processes start."""
    quiet_mlflow()
    for module in ("optuna", "sqlalchemy", "mlflow.tracking"):
        import_module(module)


class Slots:
    """How many trials the nodes have room for, now: they come and go.

    Attributes:
        needs: What a trial asks for, in words.
        of_trial: The same, with how many are packed.
        servers: Ray's servers, on which everything depends.
        memory: How much memory trials take.
        wanted: How many trials there are still to run, for other sweeps on the cluster to know.
        shortage: In words, that memory or other sweeps limit the trials more than processors do;
            empty if not.

    Raises:
        SweepError: No node has room for a trial.
    """

    def __init__(
        self, needs: Resources, servers: Servers, neighbours: Neighbours | None = None
    ) -> None:
        self.servers, self._neighbours = servers, neighbours
        self.wanted: Callable[[], int] = lambda: sys.maxsize
        self.needs = _amounts(needs.wanted, needs)
        self.of_trial = needs
        self.memory, self.shortage = Memory(), ""
        self._most_cpus = needs.cpu
        self._taken, self._looked_at = "", time.monotonic()
        self._counted, self._counted_at = self._count(), time.monotonic()
        if self._counted:
            return
        if not any(node.get("CPU", 0) for node in _nodes()):
            raise SweepError("the cluster has no worker that runs trials just now; start one")
        machines = "; ".join(_amounts(node, needs) for node in _nodes()) or "there are no machines"
        raise SweepError(f"resources: a trial asks for {self.needs}, and none has it: {machines}")

    def __call__(self) -> int:
        """How many trials fit; counted again every few seconds."""
        if time.monotonic() - self._counted_at > _COUNT_EVERY_S:
            self._counted, self._counted_at = self._count(), time.monotonic()
        return min(self._counted, self.memory.limit)

    def taken(self) -> str:
        """In words, that others have taken all processors, so that no trial of ours can start.

        Looked at every few seconds; empty where that is not so.
        """
        if time.monotonic() - self._looked_at > _COUNT_EVERY_S:
            self._taken, self._looked_at = _taken_by_others(), time.monotonic()
        return self._taken

    def whole_node(self) -> dict[str, float]:
        """What a trial asks for to have a node for itself."""
        return self.of_trial.wanted | {"CPU": self._most_cpus}

    def _count(self) -> int:
        nodes = _nodes()
        self._most_cpus = max((node.get("CPU", 0) for node in nodes), default=self._most_cpus)
        fit = [(fitting(node, self.of_trial), node.get("memory", sys.maxsize)) for node in nodes]
        by_memory = sum(min(room, self.memory.room(size)) for room, size in fit)
        every = sum(room for room, _ in fit)
        self.shortage = ""
        if by_memory < every:
            size = f"{self.memory.each / 2**30:.1f} GiB of memory"
            how = "a trial takes" if self.memory.measured else "a trial is taken to need"
            self.shortage = f"{how} {size}: {by_memory} run at once instead of {every}"
        return self._fair(by_memory)

    def _fair(self, fit: int) -> int:
        """How many of so many trials that fit may run beside those of other sweeps."""
        import ray

        if not self._neighbours or not fit:
            return fit
        there_is: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        share = self._neighbours.share(min(fit, max(1, self.wanted())), there_is)
        if share < min(fit, self.wanted()):
            others = counted(self._neighbours.others, "other sweep")
            self.shortage = f"{others} on this cluster: {share} trials run at once here"
        return min(fit, share)


def _taken_by_others() -> str:
    """What is taken, where all that this driver has asked for is still to be given."""
    import ray

    asked = placement_states()
    if not asked or any(state != "PENDING" for state in asked):
        return ""
    every: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    free: dict[str, float] = ray.available_resources()  # type: ignore[no-untyped-call]
    shown = [
        f"{every[name] - free.get(name, 0):g} of {every[name]:g} {name}s"
        for name in ("CPU", "GPU")
        if every.get(name)
    ]
    return f"no trial runs: {', '.join(shown)} of the cluster are taken; waiting for room"


def _nodes() -> list[dict[str, float]]:
    """The resources of every node that is alive."""
    import ray

    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    return [node["Resources"] for node in nodes if node["Alive"]]


def fitting(node: Mapping[str, float], needs: Resources) -> int:
    """How many trials a node has room for."""
    return int(min(node.get(name, 0) / amount for name, amount in needs.wanted.items()))


def _amounts(amounts: Mapping[str, float], needs: Resources) -> str:
    """The amounts of the resources that a trial asks for, in words."""
    units = {"CPU": (1, "CPUs"), "GPU": (1, "GPUs"), "memory": (2**30, "GiB of memory")}
    return ", ".join(
        f"{amounts.get(name, 0) / units[name][0]:.4g} {units[name][1]}" for name in needs.wanted
    )
