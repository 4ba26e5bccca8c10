"""The rule of a race: one seed first, and further seeds for what survives.

- On its first seed, a configuration is judged at every rung of successive halving (`halving.py`).
  All are compared on the same seed, so the same split and the same order of images.
- When the seed is done, it is judged once more, by the epoch that validation chose. If it is not
  among the best 1 of `reduction`, it ends.
- Who survives gets all further seeds at once: they can be trained side by side. Of more than four
  seeds, it gets three first. Then a paired test over the shared seeds decides: it ends if a better
  one is ahead significantly (t-test, one-sided, 5 %). The variance of the differences is pooled
  over all that share seeds with the better one, since few differences alone tell little. With
  several metrics, the better one must be ahead in each.
- A configuration of which a seed failed ends: it could not lead.

Racing: Birattari et al. 2002, A racing algorithm for configuring metaheuristics, GECCO; with a
paired t-test: López-Ibáñez et al. 2016, https://doi.org/10.1016/j.orp.2016.09.002.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sweep.methods.schedulers.base import Comparison, Point
from sweep.methods.schedulers.configuration import Configuration, means
from sweep.methods.schedulers.rules.halving import Halving
from sweep.methods.schedulers.rules.ranking import Gains, first_front

_LEVEL = 0.05
_FEW, _AT_ONCE = 3, 4  # with more seeds than _AT_ONCE, a test after _FEW of them can save some


class Race(Halving):
    """Epochs are rungs for the first seed, and seeds are rungs after it."""

    def __init__(self, trials: Comparison, grace: int, reduction: int) -> None:
        super().__init__(trials, grace, reduction)
        self._rivals: dict[str, Configuration] = {}

    def in_play(self, mine: Configuration) -> tuple[int, ...]:
        """The seeds that may begin."""
        return mine.seeds[: mine.stage]

    def waits_at(self, mine: Configuration) -> int:
        """Judge what has been reached; a seed never waits for another, so always 0."""
        self.waits_for(mine, mine.seeds[:1])
        while not mine.out and all(s in mine.final or s in mine.failed for s in self.in_play(mine)):
            self._rivals[mine.name] = mine
            if mine.failed:
                mine.out = "a seed of it failed"
            if mine.out or mine.stage >= len(mine.seeds):
                break
            mine.out = self._behind(mine)
            mine.stage = mine.stage if mine.out else _stage_after(mine)
        return 0

    def _behind(self, mine: Configuration) -> str:
        """Why a configuration gets no further seeds; empty if it does."""
        done = self.in_play(mine)
        begun = f"{len(done)} of {len(mine.seeds)} seeds: "
        point = self.trials.point(means(mine.final[seed] for seed in done))
        further = any(seed in mine.reached for seed in mine.seeds[mine.stage :])
        worse = self.cut(mine, begun, point) and mine.stage == 1
        if further:  # it survived this under an earlier driver, or another sweep paid for them
            return ""
        if worse:
            return self.reason(begun, point, begun)
        better = "" if mine.stage == 1 else self._better(mine, point)
        return f"{begun}{better}" if better else ""

    def _better(self, mine: Configuration, point: Point) -> str:
        rivals = [
            each
            for each in self._rivals.values()
            if each is not mine and not each.out and len(each.final) >= mine.stage
        ]
        points = [self.trials.point(means(each.final.values())) for each in rivals]
        kept = [p.gains for p in points if not p.violation]
        leading = [each for each, p in zip(rivals, points, strict=True) if not p.violation]
        if leading and point.violation:
            return "it breaks a limit"
        for place in first_front(np.array(kept, dtype=float)) if kept else ():
            if self._significant(leading[place], mine):
                return f"{leading[place].name} is ahead significantly on the shared seeds"
        return ""

    def _significant(self, ahead: Configuration, mine: Configuration) -> bool:
        """Whether one is ahead of another in every metric, on the seeds that both have."""
        from scipy.special import stdtr

        own = self._differences(ahead, mine)
        others = (self._differences(ahead, e) for e in self._rivals.values() if e is not ahead)
        shared = [rows for rows in others if len(rows) > 1]
        freedom = sum(len(rows) - 1 for rows in shared)
        if len(own) < 2 or not np.isfinite(own).all():
            return False
        squares = [((rows - rows.mean(axis=0)) ** 2).sum(axis=0) for rows in shared]
        error = np.sqrt(sum(squares) / freedom / len(own))
        with np.errstate(divide="ignore", invalid="ignore"):
            t = own.mean(axis=0) / error
        return bool((1 - stdtr(freedom, np.nan_to_num(t)) < _LEVEL).all())

    def _differences(self, ahead: Configuration, behind: Configuration) -> Gains:
        """By how much one is ahead on every seed that both have: a row a seed."""
        seeds: Sequence[int] = [seed for seed in ahead.final if seed in behind.final]
        rows = [np.subtract(self._gains(ahead, seed), self._gains(behind, seed)) for seed in seeds]
        return np.array(rows, dtype=float).reshape(len(seeds), len(self.trials.metrics))

    def _gains(self, mine: Configuration, seed: int) -> tuple[float, ...]:
        return self.trials.point(mine.final[seed]).gains


def _stage_after(mine: Configuration) -> int:
    """With how many of its seeds a configuration is judged next."""
    everything = len(mine.seeds)
    return _FEW if mine.stage == 1 and everything > _AT_ONCE else everything
