"""Fair shares of a cluster: how many trials each sweep may run at once.

Dominant resource fairness: the next trial is given to the sweep whose share of the resource that it
has most of is the smallest, as long as it wants one more and there is room for it. So equal sweeps
get equal parts, a sweep that wants less leaves the rest to the others, and sweeps that need
different resources (CPUs here, GPUs there) do not hold each other up. Ghodsi et al. 2011, Dominant
resource fairness: fair allocation of multiple resource types, NSDI.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_ROUNDING = 1e-6


@dataclass(frozen=True)
class Demand:
    """What a sweep asks of a cluster.

    Attributes:
        trials: How many it could run at once.
        each: What a trial asks for, by Ray's names of the resources.
    """

    trials: int
    each: Mapping[str, float]


def fair_shares(demands: Mapping[str, Demand], there_is: Mapping[str, float]) -> dict[str, int]:
    """How many trials each sweep may run at once; at least one, also where there is no room.

    Args:
        demands: Of all sweeps, by their names, which decide between equals.
        there_is: The resources of the cluster, by Ray's names.
    """
    given = dict.fromkeys(sorted(demands), 1)
    left = dict(there_is)
    for name in given:
        _take(left, demands[name])
    hungry = {name for name in given if demands[name].trials > 1}
    while hungry:
        name = min(hungry, key=lambda name: (_share(given[name], demands[name], there_is), name))
        if given[name] >= demands[name].trials or not _fits(left, demands[name]):
            hungry.discard(name)
            continue
        given[name] += 1
        _take(left, demands[name])
    return given


def _share(trials: int, demand: Demand, there_is: Mapping[str, float]) -> float:
    """The largest share of any resource that so many trials take."""
    parts = (trials * amount / there_is[r] for r, amount in demand.each.items() if there_is.get(r))
    return max(parts, default=0.0)


def _fits(left: Mapping[str, float], demand: Demand) -> bool:
    return all(left.get(r, 0.0) + _ROUNDING >= amount for r, amount in demand.each.items())


def _take(left: dict[str, float], demand: Demand) -> None:
    for resource, amount in demand.each.items():
        left[resource] = left.get(resource, 0.0) - amount
