"""A search on a simulated clock: its trainings take the time that they took when recorded."""

from __future__ import annotations

import heapq
import itertools
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.benchmarks.replay.tables import Key, Training


@dataclass(eq=False)
class Run:
    """A training in a simulated search.

    Attributes:
        key: Its configuration.
        seed: Its seed.
        training: What it reports.
        epoch: Epochs done.
        over: Whether the search has ended it.
    """

    key: Key
    seed: int
    training: Training
    epoch: int = 0
    over: bool = False

    @property
    def complete(self) -> bool:
        """Whether all epochs are done."""
        return self.epoch >= self.training.epochs


class Search(ABC):
    """A method under test."""

    @abstractmethod
    def ask(self) -> Run | None:
        """The training that is to start, or to go on, now; None for none."""

    @abstractmethod
    def tell(self, run: Run) -> bool:
        """An epoch of a training is done. Whether its worker goes on with it at once."""

    @abstractmethod
    def named(self) -> Sequence[Key]:
        """The configuration that it would name as the best now, by its own rule.

        With several metrics, those of its front; none if it would name none.
        """


@dataclass
class Trace:
    """What a search would have named, and when.

    Attributes:
        epochs: Epochs spent by all trainings together, at each change.
        seconds: The simulated time of it.
        named: The configurations from then on.
        spent: Epochs spent in the end.
    """

    epochs: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    named: list[Sequence[Key]] = field(default_factory=list)
    spent: int = 0


def simulate(search: Search, workers: int, epochs: int) -> Trace:
    """Run a search until it has no more trainings, or has spent so many epochs."""
    trace, now, free = Trace(), 0.0, workers
    order = itertools.count()
    due: list[tuple[float, int, Run]] = []

    def work(run: Run) -> None:
        length = run.training.seconds / run.training.epochs
        heapq.heappush(due, (now + length, next(order), run))

    while trace.spent < epochs:
        while free and (run := search.ask()):
            work(run)
            free -= 1
        if not due:
            break
        now, _, run = heapq.heappop(due)
        if run.over:
            free += 1
            continue
        run.epoch += 1
        trace.spent += 1
        if search.tell(run):
            work(run)
            continue
        free += 1
        named = search.named()
        if named and (not trace.named or named != trace.named[-1]):
            trace.epochs.append(trace.spent)
            trace.seconds.append(now)
            trace.named.append(named)
    return trace
