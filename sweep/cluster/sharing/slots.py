"""How many trials run at once: what the nodes, their memory and other sweeps leave room for."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from analysis.text.plain import counted
from sweep.cluster.memory import Memory
from sweep.cluster.ray_internals import placement_states
from sweep.cluster.servers import Servers
from sweep.cluster.sharing.neighbours import Neighbours
from sweep.errors import SweepError
from sweep.spec.sections.resources import Resources

_COUNT_EVERY_S = 5.0


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
            run = f"{counted(share, 'trial')} {'runs' if share == 1 else 'run'}"
            self.shortage = f"{others} on this cluster: {run} at once here"
        return min(fit, share)


class NoSlots(Slots):
    """No room for any trial, and no Ray: for a launch that has nothing left to run."""

    def __init__(self, needs: Resources) -> None:
        self.of_trial, self.memory, self.shortage = needs, Memory(), ""

    def __call__(self) -> int:
        """None fits."""
        return 0


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
