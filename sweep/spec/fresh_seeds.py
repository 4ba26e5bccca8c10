"""Seeds that a search has not seen: those of its confirmation."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable

from analysis import records
from analysis.text.plain import brief
from sweep.errors import SpecError

CONFIRMED = records.CONFIRMED
"""What follows the name of a sweep in the name of its confirmation."""

_COUNT = 5


def mixed(sweeps: Iterable[str]) -> list[str]:
    """Those of these sweeps that stand here with their own confirmation."""
    names = set(sweeps)
    return sorted(name for name in names if f"{name}{CONFIRMED}" in names)


def check_fresh(seeds: Collection[int], used: Collection[int], where: str) -> None:
    """Check that the seeds of a confirmation are no seeds of its search.

    Raises:
        SpecError: One stands twice, or the search has used it.
    """
    if len(set(seeds)) < len(seeds):
        raise SpecError(f"{where}: a seed stands twice in {brief(list(seeds))}")
    stale = sorted(set(seeds) & set(used))
    if stale:
        raise SpecError(
            f"{where}: the search has used {brief(stale)[1:-1]}, and chose by it; "
            f"allowed are others, such as {fresh_seeds(used)}"
        )


def fresh_seeds(used: Collection[int]) -> list[int]:
    """The lowest seeds from 1 on that were not used."""
    return list(itertools.islice((seed for seed in itertools.count(1) if seed not in used), _COUNT))
