"""Asynchronous successive halving over configurations, each judged by the mean of its seeds.

A configuration is judged at a rung when all its seeds have reached it, by the mean over them at the
epoch of the rung: it ends if it is not among the best 1 of `reduction` that were judged there
before. Nobody waits for configurations that come later, so this depends on the order in which they
come, as Ray Tune's ASHA does; with one seed and one metric, both end the same trials.

- A seed that failed is neither waited for nor counted.
- A seed that was done before the rung counts with its last epoch.
- Rungs that a configuration survived under an earlier driver are not judged again; others are still
  compared with it there.
- At the last epoch nobody ends: there is nothing left to save.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from sweep.methods.schedulers.base import Comparison, Point
from sweep.methods.schedulers.configuration import Configuration, Rung, means
from sweep.methods.schedulers.rules.ranking import Ranking

_SHARES = {2: "half", 3: "third", 4: "quarter"}


class Halving:
    """The rungs of one kind of configurations, and who was judged at each.

    Args:
        trials: How they are compared.
        grace: Epochs up to the first rung.
        reduction: One of so many goes on.

    Attributes:
        trials: See above.
        reduction: See above.
        rungs: Epochs.
        judged: Who was judged at each.
    """

    def __init__(self, trials: Comparison, grace: int, reduction: int) -> None:
        self.trials, self.reduction = trials, reduction
        count = int(math.log((trials.epochs + 1) / grace) / math.log(reduction) + 1)  # as Ray
        self.rungs: list[int] = [grace * reduction**number for number in range(count)]
        self.judged: dict[Rung, Ranking] = {}

    def waits_for(self, mine: Configuration, seeds: Sequence[int]) -> int:
        """The rung at which it has to wait for one of these seeds; 0 for none. It may end here."""
        counted, was_out = mine.awaited(seeds), mine.out
        for rung in self.rungs:
            if rung in mine.recorded:
                continue
            there = [mine.at(seed, rung) for seed in counted]
            known = [metrics for metrics in there if metrics is not None]
            if not known:
                break
            if len(known) == len(there):
                self._judge(mine, rung, self.trials.point(means(known)), len(known))
                if mine.out and not was_out:
                    return 0
            elif rung not in mine.passed and not mine.alone:
                return rung
        return 0

    def promoted(self) -> list[Configuration]:
        """None: nobody waits for others."""
        return []

    def held(self) -> Iterable[tuple[Configuration, str]]:
        """None: nobody waits for others."""
        return ()

    def last(self) -> Iterable[Configuration]:
        """None: nobody waits for others."""
        return ()

    def cut(self, mine: Configuration, rung: Rung, point: Point) -> bool:
        """Record where a configuration stands at a rung; whether it is among the worse ones."""
        judged = self.judged.setdefault(rung, Ranking())
        worse = judged.is_worse(point, self.reduction)
        judged.add(point)
        mine.recorded.add(rung)
        return worse

    def reason(self, rung: Rung, point: Point, what: str) -> str:
        """Why a configuration that was just recorded at a rung goes no further."""
        judged = len(self.judged[rung])
        stands = self.trials.words(point)
        share = _SHARES.get(self.reduction, f"1/{self.reduction}")
        return f"{what}{stands} is not in the best {share} of the {judged} judged so far"

    def _judge(self, mine: Configuration, rung: int, point: Point, seeds: int) -> None:
        worse = self.cut(mine, rung, point)
        if worse and not mine.out and rung not in mine.passed and rung < mine.epochs:
            of = f" (mean of {seeds} seeds)" if seeds > 1 else ""
            mine.out = f"epoch {rung}: " + self.reason(rung, point, "") + of
        mine.passed.add(rung)


class AllSeeds(Halving):
    """Successive halving in which a configuration begins with all its seeds."""

    def waits_at(self, mine: Configuration) -> int:
        """The rung at which it has to wait for one of its seeds; 0 for none. It may end here."""
        return self.waits_for(mine, mine.seeds)

    def in_play(self, mine: Configuration) -> tuple[int, ...]:
        """The seeds that may begin: all."""
        return mine.seeds
