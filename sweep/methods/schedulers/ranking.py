"""Who is ahead of whom, with one metric or several, and with limits.

With several metrics, configurations are sorted by their non-dominated rank; within a rank, those in
less crowded places come first (crowding distance). What breaks a limit comes after all that does
not, and the more it breaks, the later (constrained domination). Deb et al. 2002,
https://doi.org/10.1109/4235.996017. Optuna has the same, but not as public functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweep.methods.schedulers.base import Point

Gains = NDArray[np.float64]


def is_worse(mine: Point, others: Sequence[Point], reduction: int) -> bool:
    """Whether a configuration is not among the best 1 of `reduction` of these.

    With one metric and no limits, the bar is the percentile that Ray Tune's ASHA uses.
    """
    if not others:
        return False
    broken = mine.violation > 0 or any(other.violation > 0 for other in others)
    if len(mine.gains) == 1 and not broken:
        known = [other.gains[0] for other in others if np.isfinite(other.gains[0])]
        bar = np.percentile(known, (1 - 1 / reduction) * 100) if known else -np.inf
        return bool(mine.gains[0] < bar)
    room = (len(others) - 1) / reduction
    return ahead(mine, others, room) > room


def ahead(mine: Point, others: Sequence[Point], enough: float = np.inf) -> int:
    """How many of the others come before it; counting ends above `enough`."""
    before = sum(other.violation < mine.violation for other in others)
    peers = [other.gains for other in others if other.violation == mine.violation]
    if mine.violation > 0 or before > enough or not peers:
        return before
    mine_at, gains = len(peers), np.array([*peers, mine.gains], dtype=float)
    left: NDArray[Any] = np.arange(len(gains))
    while True:
        front = left[first_front(gains[left])]
        if mine_at in front:
            distances = crowding(gains[front])
            own = distances[front == mine_at][0]
            return before + int((distances > own).sum())
        before += len(front)
        if before > enough:
            return before
        left = np.setdiff1d(left, front, assume_unique=True)


def crowding(gains: Gains) -> Gains:
    """The crowding distance of each of the points (rows) of one front; inf at its ends."""
    distances = np.zeros(len(gains))
    finite = np.where(np.isfinite(gains), gains, np.nan)
    for values in finite.T:
        order = np.argsort(values, kind="stable")
        ordered = values[order]
        span = ordered[-1] - ordered[0]
        distances[order[[0, -1]]] = np.inf
        if span > 0:
            distances[order[1:-1]] += (ordered[2:] - ordered[:-2]) / span
    return distances


def first_front(gains: Gains) -> NDArray[Any]:
    """Which rows nobody dominates, by their places."""
    rest = np.lexsort(-gains.T[::-1])  # nobody is dominated by one that comes later
    kept: list[int] = []
    while len(rest):
        first, rest = rest[0], rest[1:]
        kept.append(int(first))
        at_least = (gains[first] >= gains[rest]).all(axis=1)
        rest = rest[~(at_least & (gains[first] > gains[rest]).any(axis=1))]
    return np.array(kept)
