"""Who is ahead of whom, with one metric or several, and with limits.

With several metrics, configurations are sorted by their non-dominated rank; within a rank, those in
less crowded places come first (crowding distance). What breaks a limit comes after all that does
not, and the more it breaks, the later (constrained domination). Deb et al. 2002,
https://doi.org/10.1109/4235.996017. Optuna has the same, but not as public functions.

The ranks are kept up to date as configurations come, which takes time in proportion to the number
of ranks: Li et al. 2017, https://doi.org/10.1109/TCYB.2016.2621008.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sweep.methods.schedulers.base import Point

Gains = NDArray[np.float64]


class Ranking:
    """Those that were judged at a rung."""

    def __init__(self) -> None:
        self._values: list[float] = []  # the first metric of those that break no limit, sorted
        self._fronts: list[Gains] = []  # of the same, the best first: (members, metrics)
        self._violations: list[float] = []  # of the others, sorted

    def __len__(self) -> int:
        return len(self._values) + len(self._violations)

    def add(self, point: Point) -> None:
        """One more was judged."""
        if point.violation > 0:
            insort(self._violations, point.violation)
            return
        insort(self._values, point.gains[0])
        if len(point.gains) > 1:
            self._insert(np.array([point.gains]))

    def is_worse(self, mine: Point, reduction: int) -> bool:
        """Whether a configuration is not among the best 1 of `reduction` of these.

        With one metric and no limit broken, the bar is the percentile that Ray Tune's ASHA uses.
        """
        if len(mine.gains) == 1 and not mine.violation and not self._violations:
            known = self._values[bisect_left(self._values, -np.finfo(float).max) :]
            return bool(known) and mine.gains[0] < _percentile(known, 1 - 1 / reduction)
        room = (len(self) - 1) / reduction
        return len(self) > 0 and self.ahead(mine) > room

    def ahead(self, mine: Point) -> int:
        """How many come before a configuration."""
        if mine.violation > 0:
            return len(self._values) + bisect_left(self._violations, mine.violation)
        if len(mine.gains) == 1:
            return len(self._values) - bisect_left(
                self._values, np.nextafter(mine.gains[0], np.inf)
            )
        gains, before = np.array(mine.gains), 0
        for front in self._fronts:
            if not _dominated(gains[None], front)[0]:
                beaten = _dominated(front, gains[None])
                distances = crowding(np.concatenate([front[~beaten], gains[None]]))
                return before + int((distances[:-1] > distances[-1]).sum())
            before += len(front)
        return before

    def first(self, points: Iterable[Point], count: int) -> list[Point]:
        """Those of some points, all added before, that are among the first `count`.

        Of points that are exactly as good as the last of the first, all are.
        """
        leading = {tuple(gains) for gains in self._leading(count)}
        return [p for p in points if (self.ahead(p) < count if p.violation else p.gains in leading)]

    def _leading(self, count: int) -> Iterator[Sequence[float]]:
        """The metrics of the first that break no limit."""
        if not self._fronts:
            yield from ((value,) for value in self._values[max(0, len(self._values) - count) :])
            return
        for front in self._fronts:
            if len(front) > count:
                front = front[np.argsort(-crowding(front), kind="stable")[:count]]
            yield from front
            count -= len(front)

    def _insert(self, moving: Gains) -> None:
        """Put points into the first front that does not dominate them; what they dominate moves."""
        level = 0
        while level < len(self._fronts) and _dominated(moving, self._fronts[level]).any():
            level += 1
        while len(moving):
            if level == len(self._fronts):
                self._fronts.append(moving)
                return
            front = self._fronts[level]
            beaten = _dominated(front, moving)
            self._fronts[level] = np.concatenate([front[~beaten], moving])
            moving, level = front[beaten], level + 1


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


def first_front(gains: Gains) -> list[int]:
    """Which of the points (rows) nobody dominates, by their places."""
    return [int(place) for place in np.flatnonzero(~_dominated(gains, gains))]


def _dominated(those: Gains, by: Gains) -> NDArray[np.bool_]:
    """Which of some points are dominated by any of others: no better in one, and worse in one."""
    at_least = np.all(by[None] >= those[:, None], axis=2)
    better = np.any(by[None] > those[:, None], axis=2)
    return np.asarray(np.any(at_least & better, axis=1))


def _percentile(ordered: list[float], share: float) -> float:
    """As numpy's, of values that are in order already."""
    at = (len(ordered) - 1) * share
    low = int(at)
    first, second = ordered[low], ordered[min(low + 1, len(ordered) - 1)]
    part = at - low
    if part >= 0.5:
        return second - (second - first) * (1 - part)
    return first + (second - first) * part
