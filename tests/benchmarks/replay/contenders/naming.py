"""Our search with another rule for which of its finished configurations is the best."""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean

from tests.benchmarks.replay.clock import Run
from tests.benchmarks.replay.contenders.ours import OurSearch
from tests.benchmarks.replay.contenders.stock import METRIC
from tests.benchmarks.replay.tables import Key, Table

Score = Callable[[Table, Run], float]
_BESIDE = 3


class NamedBy(OurSearch):
    """Our default with one seed; among those that are done, the highest score is the best.

    Args:
        table: The trainings.
        seed: Of the sampler.
        workers: Trainings at once.
        score: Of a training that is done.
    """

    def __init__(self, table: Table, seed: int, workers: int, score: Score) -> None:
        super().__init__(table, seed, workers)
        self._score = score

    def named(self) -> list[Key]:
        found = super().named()
        done = [run for run in self.begun if run.complete]
        if not any(run.key in found for run in done):
            return found
        return [max(done, key=lambda run: self._score(self.table, run)).key]


def seven_epochs(table: Table, run: Run) -> float:
    """The mean validation accuracy of the best epoch and the three on each side, as they are."""
    curve, best = run.training.curves[METRIC], run.training.best_epoch
    return fmean(curve[max(0, best - 1 - _BESIDE) : best + _BESIDE])


def truth(table: Table, run: Run) -> float:
    """The true accuracy, which nobody knows: what naming could gain at most."""
    return table.truth[run.key]
