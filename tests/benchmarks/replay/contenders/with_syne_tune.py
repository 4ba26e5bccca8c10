"""Syne Tune's schedulers, which suggest and stop."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from syne_tune.backend.trial_status import Trial
from syne_tune.config_space import choice, ordinal
from syne_tune.optimizer.baselines import ASHA, ASHACQR
from syne_tune.optimizer.scheduler import SchedulerDecision

from tests.benchmarks.replay.clock import Run, Search
from tests.benchmarks.replay.contenders.stock import METRIC, SEED
from tests.benchmarks.replay.tables import Key, Table

logging.getLogger("syne_tune").setLevel(logging.ERROR)


class SyneTune(Search):
    """ASHA with random suggestions, or with those of conformal quantile regression.

    It has no conditions, so a value without effect is suggested, too. The best trial is that with
    the best report of any epoch, as `load_experiment(…).best_config()` has it.
    """

    def __init__(self, table: Table, seed: int, model: bool) -> None:
        np.random.seed(seed)
        self.table = table
        epochs = next(iter(table.trainings.values()))[SEED].epochs
        space = {
            p.name: choice(list(p.choices)) if p.choices else ordinal(list(p.values() or ()))
            for p in table.sweep.space.parameters
        }
        scheduler = ASHACQR if model else ASHA
        self._scheduler = scheduler(
            space, metric=METRIC, time_attr="epoch", max_t=epochs, do_minimize=False,
            random_seed=seed,
        )  # fmt: skip
        self._trials: dict[Run, Trial] = {}
        self._best: tuple[float, Key] | None = None

    def ask(self) -> Run | None:
        suggestion = self._scheduler.suggest()
        if suggestion is None:
            return None
        trial = Trial(len(self._trials), suggestion.config, creation_time=None)
        key = self.table.key(suggestion.config)
        run = Run(key, SEED, self.table.trainings[key][SEED])
        self._trials[run] = trial
        self._scheduler.on_trial_add(trial)
        return run

    def tell(self, run: Run) -> bool:
        trial, value = self._trials[run], run.training.result(run.epoch)[METRIC]
        result: dict[str, Any] = {METRIC: value, "epoch": run.epoch}
        if self._best is None or value > self._best[0]:
            self._best = value, run.key
        if run.complete:
            self._scheduler.on_trial_complete(trial, result)
            return False
        decision = self._scheduler.on_trial_result(trial, result)
        if decision == SchedulerDecision.STOP:
            self._scheduler.on_trial_remove(trial)
        return bool(decision == SchedulerDecision.CONTINUE)

    def named(self) -> list[Key]:
        return [self._best[1]] if self._best else []
