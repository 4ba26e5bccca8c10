"""What every node of a cluster must have before a trial can run on it."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from typing import Any

from snn.training.checkpoints.place import Place
from sweep.cluster.sharing.slots import fitting
from sweep.errors import SpecError, SweepError
from sweep.host.paths import STORAGE_ENV, LaunchPaths
from sweep.spec.sections.resources import Resources

RELEASE = version("spikesweep")
_PATIENCE_S = 120.0  # a node that needs longer to start a process is of no use


def check_nodes(paths: LaunchPaths, needs: Resources) -> None:
    """Check that every node that can run a trial sees the launch's files and has this release.

    Nothing to do on a single node, which is where the launch was made.

    Raises:
        SpecError: The files would be where only this machine sees them.
        SweepError: A node does not see them, or has another release or none; nothing ran.
    """
    import ray

    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    alive = [node for node in nodes if node["Alive"]]
    if len(alive) == 1:
        return
    if not os.environ.get(STORAGE_ENV):
        raise SpecError(
            f"{STORAGE_ENV}: is not set, and the cluster has {len(alive)} nodes; set it to a "
            "folder that all of them share, or to the URL of an object store"
        )
    able = [node for node in alive if fitting(node["Resources"], needs)]
    looks = [(str(node["NodeName"]), _look(node["NodeID"], paths.spec)) for node in able]
    for name, look in looks:
        try:
            ray.get(look, timeout=_PATIENCE_S)
        except ray.exceptions.RayError as error:
            reason = str(getattr(error, "cause", None) or error).strip().splitlines()[-1]
            raise SweepError(f"node {name}: {reason}") from None


def check_here(spec: Place, release: str) -> None:
    """Check that this node sees the files of a launch, and has the driver's release.

    Raises:
        SweepError: It does not.
    """
    if release != RELEASE:
        raise SweepError(
            f"{platform.node()} has spikesweep {RELEASE}, but the sweep's driver {release}; "
            "install the same on all nodes"
        )
    if not spec.exists():
        raise SweepError(
            f"{platform.node()} does not see {spec}; {STORAGE_ENV} must be what all nodes share"
        )


def _look(node_id: str, spec: Place) -> Any:
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    there = NodeAffinitySchedulingStrategy(node_id, soft=False)
    task = ray.remote(check_here).options(num_cpus=0, scheduling_strategy=there, max_retries=0)
    return task.remote(spec, RELEASE)
