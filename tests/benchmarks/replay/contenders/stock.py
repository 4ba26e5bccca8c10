"""Ray Tune and Optuna as their pages show them: one training is one trial, with one seed."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import optuna
from optuna.trial import TrialState
from ray.tune.schedulers import ASHAScheduler, FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher
from ray.tune.search.optuna import OptunaSearch

from tests.benchmarks.replay.clock import Run, Search
from tests.benchmarks.replay.contenders.tune import TuneSearch
from tests.benchmarks.replay.record import CURVES
from tests.benchmarks.replay.tables import Key, Table

METRIC = CURVES[0]
FRONT: Mapping[str, str] = {METRIC: "max", CURVES[1]: "min"}
"""The metrics of a search for a front."""

ONE_METRIC: Mapping[str, str] = {METRIC: "maximize"}
SEED = 0
"""Of every training: nothing of these tools knows replicates."""


class StockTune(TuneSearch):
    """OptunaSearch with ASHAScheduler, both with the defaults of Ray; or others in their place.

    `get_best_result` names the trial with the best last report.
    """

    def __init__(
        self, table: Table, seed: int, scheduler: TrialScheduler | None = None,
        searcher: Searcher | None = None,
    ) -> None:  # fmt: skip
        np.random.seed(seed)  # which Ray's scheduler draws its bracket from
        self.table = table
        epochs = next(iter(table.trainings.values()))[SEED].epochs
        names = {"metric": METRIC, "mode": "max"}
        super().__init__(
            searcher or OptunaSearch(table.sweep.space.suggest, seed=seed, **names),
            scheduler or ASHAScheduler(max_t=epochs, **names),
        )
        self._best: tuple[float, Key] | None = None

    def run_of(self, config: dict[str, Any]) -> Run:
        return self._run(self.table.key(config))

    def result_of(self, run: Run) -> dict[str, Any]:
        value = run.training.result(run.epoch)[METRIC]
        return {METRIC: value, "training_iteration": run.epoch, "done": run.complete}

    def ended(self, run: Run) -> None:
        value = run.training.result(run.epoch)[METRIC]
        if self._best is None or value > self._best[0]:
            self._best = value, run.key

    def named(self) -> list[Key]:
        return [self._best[1]] if self._best else []

    def _run(self, key: Key) -> Run:
        return Run(key, SEED, self.table.trainings[key][SEED])


class RandomSuggestions(Searcher):
    """Random search."""

    def __init__(self, table: Table, seed: int) -> None:
        super().__init__(metric=METRIC, mode="max")
        self._study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
        self._space = table.sweep.space

    def suggest(self, trial_id: str) -> dict[str, Any]:
        return self._space.suggest(self._study.ask())

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Nothing is learned."""


def random_search(table: Table, seed: int, asha: bool) -> StockTune:
    """Random configurations, with or without Ray's ASHA."""
    scheduler = None if asha else FIFOScheduler()
    return StockTune(table, seed, scheduler, RandomSuggestions(table, seed))


class OptunaAlone(Search):
    """A study with a pruner, as Optuna's pages have it; the best trial is the best complete one.

    Args:
        table: The trainings.
        sampler: Suggests.
        pruner: Stops; None: nothing is stopped.
        metrics: With their directions, by Optuna's names; Optuna stops nothing with several.
    """

    def __init__(
        self, table: Table, sampler: optuna.samplers.BaseSampler,
        pruner: optuna.pruners.BasePruner | None = None, metrics: Mapping[str, str] = ONE_METRIC,
    ) -> None:  # fmt: skip
        self.table, self._metrics = table, list(metrics)
        self._stops = pruner is not None
        self.study = optuna.create_study(
            directions=list(metrics.values()), sampler=sampler, pruner=pruner
        )
        self._trials: dict[Run, optuna.Trial] = {}

    def ask(self) -> Run:
        trial = self.study.ask()
        key = self.table.key(self.table.sweep.space.suggest(trial))
        run = Run(key, SEED, self.table.trainings[key][SEED])
        self._trials[run] = trial
        return run

    def tell(self, run: Run) -> bool:
        trial, result = self._trials[run], run.training.result(run.epoch)
        if self._stops:
            trial.report(result[METRIC], run.epoch)
        if run.complete:
            self.study.tell(trial, [result[name] for name in self._metrics])
        elif self._stops and trial.should_prune():
            self.study.tell(trial, state=TrialState.PRUNED)
        else:
            return True
        return False

    def named(self) -> list[Key]:
        best = self.study.best_trials
        return [
            self.table.key(trial.params)
            for trial in (best[:1] if len(self._metrics) == 1 else best)
        ]


def optuna_alone(table: Table, seed: int, gp: bool) -> OptunaAlone:
    """TPE with successive halving, or a Gaussian process, with their defaults."""
    if gp:
        return OptunaAlone(table, _gp(seed))
    pruner = optuna.pruners.SuccessiveHalvingPruner()
    return OptunaAlone(table, optuna.samplers.TPESampler(seed=seed), pruner)


def optuna_front(table: Table, seed: int, gp: bool) -> OptunaAlone:
    """A front by NSGA-II, or by a Gaussian process, with their defaults."""
    sampler = _gp(seed) if gp else optuna.samplers.NSGAIISampler(seed=seed)
    return OptunaAlone(table, sampler, metrics={name: f"{m}imize" for name, m in FRONT.items()})


def _gp(seed: int) -> optuna.samplers.BaseSampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.GPSampler(seed=seed, warn_independent_sampling=False)
