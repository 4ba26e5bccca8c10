"""Our own searcher, schedulers and samplers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import optuna

from analysis.records import State, Tag
from snn.config import TrialConfig
from sweep.run.display.best import Best
from sweep.run.display.running import Running
from sweep.search.schedulers import make_scheduler
from sweep.search.searcher import StudySearcher
from sweep.search.study import leaders, open_study
from sweep.trial.outcome import EPOCH, OUTCOME
from tests.benchmarks.replay.clock import Run
from tests.benchmarks.replay.contenders.tune import TuneSearch
from tests.benchmarks.replay.record import CURVES, space_of
from tests.benchmarks.replay.tables import Key, Table


class NoDatabase:
    """The place of the study's database: nothing is kept, as nothing is resumed."""

    trials: tuple[optuna.trial.FrozenTrial, ...] = ()

    def save(self, trial: optuna.trial.FrozenTrial) -> None:
        """A trial has changed."""

    def holds(self, number: int, wait_s: float) -> bool:
        """Whether a trial is written."""
        return True


class OurSearch(TuneSearch):
    """A sweep of ours over a table.

    Args:
        table: The trainings.
        seed: Of the sampler.
        workers: Trainings at once.
        plan: Keys at the top of the specification, such as `scheduler`.
    """

    def __init__(
        self, table: Table, seed: int, workers: int, plan: Mapping[str, Any] | None = None
    ) -> None:
        given = {"trials": len(table.trainings), "scheduler": {}, "seeds": [0]} | dict(plan or {})
        sampler = given.pop("sampler", "tpe")
        self.sweep = space_of(table.name, sampler={"name": sampler, "seed": seed}, **given)
        self.table = table
        self.begun: dict[Run, Mapping[str, Any]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self._runs: dict[tuple[Key, int], Run] = {}
        metric, mode = next(iter(self.sweep.directions.items()))
        self._best = Best(metric, mode, len(self.sweep.seeds), self.sweep.limits)
        database: Any = NoDatabase()
        self.study = open_study(self.sweep, database)
        searcher = StudySearcher(
            self.sweep, self.study, database, lambda _: None, lambda *_: None, lambda: workers,
            history=self._history, on_drop=self._drop,
        )  # fmt: skip
        scheduler = make_scheduler(self.sweep)
        searcher.join(scheduler)
        super().__init__(searcher, scheduler)

    def run_of(self, config: dict[str, Any]) -> Run:
        key, seed = self.table.key(config["trial"]), config["trial"]["seed"]
        run = Run(key, seed, self.table.trainings[key][seed])
        self.begun[run], self._runs[key, seed] = config["trial"], run
        return run

    def result_of(self, run: Run) -> dict[str, Any]:
        training = run.training
        result: dict[str, Any] = {EPOCH: run.epoch, **training.result(run.epoch)}
        if run.complete:
            result |= {f"best_{name}": training.best(name) for name in CURVES}
            result |= {"test_accuracy": training.test_accuracy, "best_epoch": training.best_epoch}
            result |= {OUTCOME: State.DONE, "done": True}
            self._best.add(str(run.key), f"{run.key} {run.seed}", "", result)
        return result

    def named(self) -> list[Key]:
        """What is ahead and not done yet, as users are told it; else the leader of the study.

        With several metrics, the front of what is done.
        """
        if len(self.sweep.directions) > 1:
            return [self.table.key(trial.params) for trial in self.study.best_trials]
        running = {
            f"{run.key} {run.seed}": Running(
                str(run.key), run.training.epochs, str(run.key), run.epoch,
                run.training.result(run.epoch),
            )
            for run in self.begun
            if run.epoch and not run.complete and not run.over
        }  # fmt: skip
        if ahead := self._best.ahead(running):
            return [next(run.key for run in self.begun if str(run.key) == ahead.group)]
        return [self.table.key(trial) for trial in leaders(self.study, self.sweep.directions)[:1]]

    def config(self, params: Mapping[str, Any]) -> TrialConfig:
        """The configuration of a trial of the study, with the first seed."""
        key = self.table.key(params)
        names = [parameter.name for parameter in self.sweep.space.parameters]
        given = {name: v for name, v in zip(names, key, strict=True) if v is not None}
        return self.sweep.config(given, self.sweep.seeds[0])

    def _drop(self, config: TrialConfig, reason: str) -> None:
        self.tags[config.config_id] = {Tag.PRUNED: reason}

    def _history(self, config: Any) -> Mapping[int, Mapping[str, float]]:
        run = self._runs.get((self.table.key(config.to_wire()), config.seed))
        return {n: run.training.result(n) for n in range(1, run.epoch + 1)} if run else {}
