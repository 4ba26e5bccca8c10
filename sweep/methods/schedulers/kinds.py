"""A scheduler for every kind of trial, which knows what happened before the sweep was resumed.

Ray's schedulers forget everything when their process ends, and compare what comes later with
nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler

from snn.config import TrialConfig
from sweep.methods.schedulers.base import Comparison, Past

_NOBODY: Any = None  # a scheduler that pauses no trial does not ask Tune's controller


class ComparedByKind(FIFOScheduler):
    """A scheduler for every combination of the values of `trials.each`; without any, just one.

    Args:
        trials: How trials are compared, and those that have ended before.
        make: A scheduler that only stops trials and never pauses them, as ASHA does.
    """

    def __init__(self, trials: Comparison, make: Callable[[], TrialScheduler]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._trials, self._make = trials, make
        self._schedulers: dict[str, TrialScheduler] = {}
        for number, past in enumerate(trials.past):
            self._remember(number, past)

    def __getstate__(self) -> dict[str, Any]:
        """Tune pickles its scheduler for a restore that we do not use: the launch has it all."""
        return {}

    def _remember(self, number: int, past: Past) -> None:
        config = {"trial": dict(past.config)}
        trial = Trial("past", trial_id=f"past-{number}", config=config, stub=True)
        scheduler = self._scheduler_of(trial)
        scheduler.on_trial_add(_NOBODY, trial)
        for epoch, metrics in past.epochs.items():
            scheduler.on_trial_result(_NOBODY, trial, {**metrics, self._trials.time: epoch})
        scheduler.on_trial_remove(_NOBODY, trial)

    def _scheduler_of(self, trial: Trial) -> TrialScheduler:
        kind = ""
        if self._trials.each:
            config = TrialConfig.parse(trial.config["trial"]).params()
            kind = json.dumps([config.get(key) for key in self._trials.each])
        if kind not in self._schedulers:
            self._schedulers[kind] = self._make()
        return self._schedulers[kind]

    def _catch_up(self, trial: Trial, result: dict[str, Any]) -> TrialScheduler:
        """The scheduler of a trial, which has heard of the epochs before the trial was resumed."""
        scheduler = self._scheduler_of(trial)
        for epoch, metrics in enumerate(result.get(self._trials.earlier, ()), start=1):
            scheduler.on_trial_result(_NOBODY, trial, {**metrics, self._trials.time: epoch})
        return scheduler

    def on_trial_add(self, tune_controller: Any, trial: Trial) -> None:
        """Ray Tune has a new trial."""
        self._scheduler_of(trial).on_trial_add(tune_controller, trial)

    def on_trial_result(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> str:
        """Whether a trial goes on after an epoch."""
        return self._catch_up(trial, result).on_trial_result(tune_controller, trial, result)

    def on_trial_complete(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> None:
        """A trial came to its end."""
        self._catch_up(trial, result).on_trial_complete(tune_controller, trial, result)

    def on_trial_remove(self, tune_controller: Any, trial: Trial) -> None:
        """A trial was given up."""
        self._scheduler_of(trial).on_trial_remove(tune_controller, trial)
