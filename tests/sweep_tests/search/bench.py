"""A study on disk with its searchers, as Ray Tune drives them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna

from analysis.records import State
from snn.config import TrialConfig
from sweep.search.configurations.candidate import Epochs
from sweep.search.database import StudyDatabase
from sweep.search.done import is_done
from sweep.search.ends import make_ends
from sweep.search.memory import Memory
from sweep.search.searcher import StudySearcher
from sweep.search.study import open_study
from sweep.spec.parsing import parse_sweep
from sweep.tracking.spending import Spent
from sweep.trial.outcome import EPOCH, OUTCOME, Outcome

Reused = list[tuple[str, Outcome]]


class Bench:
    """A study on disk, and searchers on it, one after the other as drivers come and go."""

    def __init__(self, folder: Path, **plan: Any) -> None:
        common = {"name": "s", "base": {"dataset": "digits"}, "scheduler": "none"}
        self.sweep = parse_sweep(common | plan)
        self.url = f"sqlite:///{folder / 'optuna.db'}"
        self.reused: Reused = []
        self.databases: list[StudyDatabase] = []

    @property
    def study(self) -> optuna.Study:
        """As the database has it, once all is written."""
        self._write_all()
        return optuna.load_study(study_name="s/1", storage=self.url)

    def searcher(
        self,
        lookup: Callable[[TrialConfig], Outcome | None] = lambda _: None,
        slots: int = 99,
        history: Callable[[TrialConfig], Epochs] = lambda _: {},
        spent: Callable[[], Spent] = Spent,
        memory: Memory | None = None,
    ) -> StudySearcher:
        """The next driver's; what the ones before it told the database is written by then."""

        def reuse(config: TrialConfig, outcome: Outcome) -> None:
            self.reused.append((config.config_id, outcome))

        self._write_all()
        database = StudyDatabase(self.url, "s/1", self.sweep.directions, print)
        self.databases.append(database)
        study = open_study(self.sweep, database, memory)
        ends = make_ends(self.sweep, spent)
        known = memory.known(self.sweep) if memory else ()
        return StudySearcher(
            self.sweep,
            study,
            database,
            lookup,
            reuse,
            lambda: slots,
            history=history,
            ends=ends,
            known=known,
        )

    def is_done(self, spent: Spent | None = None) -> bool:
        """Whether the next driver would have nothing to run, as the database tells it."""
        return is_done(self.sweep, self.study.trials, spent or Spent())

    def _write_all(self) -> None:
        for database in self.databases:
            assert database.close() == ""


def report(epoch: int, accuracy: float) -> dict[str, Any]:
    return {EPOCH: epoch, "val_accuracy": accuracy, "val_loss": 1 - accuracy}


def done(epoch: int, last: float, best: float) -> dict[str, Any]:
    return report(epoch, last) | {
        OUTCOME: State.DONE,
        "best_val_accuracy": best,
        "best_synops_per_inference": 1000.0,
    }


LR = {"lr": {"loguniform": [1e-4, 1e-2]}}
