"""Successive halving that pauses and promotes: what waits at a rung may go on later.

At a rung, a configuration goes on if it is among the best 1 of `reduction` of all that have reached
it. Else it is paused. When others have come, it may be among them, and then it goes on from where
it was. So one that looked bad beside a few lucky ones is not lost, and the first ones that come do
not train to the end only because they were the first.

- What waits when nothing more is asked for and nothing trains is pruned. But if fewer than three
  were trained to their ends by then, the best of those that have come furthest go on: a search of
  few configurations has leaders, too.
- Of configurations that are exactly as good, those that came first go on, as far as there is room.
- A configuration counts with the mean of its seeds, as in `halving.py`.
- A resumed sweep knows who has reached which rung. So it promotes as if it had not been stopped.

Source: Li et al. 2020, A system for massively parallel hyperparameter tuning, algorithm 2,
https://arxiv.org/abs/1810.05934.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from sweep.methods.schedulers.base import Comparison, Point
from sweep.methods.schedulers.configuration import Configuration, Rung, means
from sweep.methods.schedulers.rules.halving import AllSeeds

_ENOUGH = 3
"""So many are trained to their ends at least, if there are so many: what `confirm` trains again."""


class Promotion(AllSeeds):
    """The rungs of one kind of configurations: who went on from each, and who waits there."""

    def __init__(self, trials: Comparison, grace: int, reduction: int) -> None:
        super().__init__(trials, grace, reduction)
        self._gone_on = defaultdict[Rung, list[Point]](list)
        self._held = defaultdict[Rung, dict[Configuration, Point]](dict)
        self._room = Counter[Rung]()  # when those that wait were last looked at
        self._whole = set[str]()  # the names of those that were trained to their ends

    def waits_at(self, mine: Configuration) -> int:
        """The rung at which it waits for a seed or for its promotion; 0 if it goes on."""
        counted = mine.awaited(mine.seeds)
        if all(seed in mine.final for seed in mine.seeds):
            self._whole.add(mine.name)
        for rung in self.rungs:
            if mine in self._held[rung]:
                return rung
            if rung in mine.recorded:
                continue
            there = [metrics for seed in counted if (metrics := mine.at(seed, rung)) is not None]
            if not there:
                break
            if len(there) < len(counted):
                if rung in mine.passed or mine.alone:
                    continue
                return rung
            point = self.trials.point(means(there))
            self.cut(mine, rung, point)
            whole = rung >= mine.epochs or all(seed in mine.final for seed in counted)
            if not (whole or mine.out or rung in mine.passed or self._leads(rung, point)):
                self._held[rung][mine] = point
                mine.held = True
                return rung
            self._go_on(mine, rung, point)
        return 0

    def promoted(self) -> list[Configuration]:
        """Those that waited and go on now, the furthest first."""
        found = []
        for rung in reversed(self.rungs):
            room = self._room_at(rung)
            if room <= self._room[rung]:
                continue
            self._room[rung] = room
            waiting = self._held[rung]
            leading = set(self.judged[rung].first(waiting.values(), room))
            for mine in sorted(waiting, key=lambda each: waiting[each].gains, reverse=True):
                if waiting[mine] in leading and self._leads(rung, waiting[mine]):
                    self._go_on(mine, rung, waiting.pop(mine))
                    found.append(mine)
        return found

    def held(self) -> Iterator[tuple[Configuration, str]]:
        """Those that wait for their promotion, with why they have ended if it never comes."""
        for rung, waiting in self._held.items():
            for mine, point in waiting.items():
                why = self.reason(rung, point, f"epoch {rung}: ")
                yield mine, f"{why} when the search ended"

    def last(self) -> list[Configuration]:
        """The best of those that have come furthest, until enough are trained to their ends."""
        furthest = [rung for rung in self.rungs if self._held[rung]][-1:]
        found: list[Configuration] = []
        for rung in furthest:
            waiting, judged = self._held[rung], self.judged[rung]
            ranked = sorted(waiting, key=lambda each: judged.ahead(waiting[each]))
            found = ranked[: max(0, _ENOUGH - len(self._whole))]
            for mine in found:
                self._go_on(mine, rung, waiting.pop(mine))
        return found

    def _room_at(self, rung: Rung) -> int:
        return len(self.judged[rung]) // self.reduction if rung in self.judged else 0

    def _leads(self, rung: Rung, point: Point) -> bool:
        """Whether it is among the best, and fewer of them than there is room for have gone on."""
        room = self._room_at(rung)
        first = self.judged[rung].first([point, *self._gone_on[rung]], room)
        return point in first and len(first) <= room

    def _go_on(self, mine: Configuration, rung: int, point: Point) -> None:
        mine.held = False
        mine.passed.add(rung)
        self._gone_on[rung].append(point)
