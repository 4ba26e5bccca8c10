"""Several schedulers of the same make, so that a trial is compared only with its own kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler

from snn.config import TrialConfig


class OneForEachKind(FIFOScheduler):
    """A scheduler for every combination of the values of some keys.

    Args:
        keys: Of the configuration.
        make: A scheduler that only stops trials and never pauses them, as ASHA does.
    """

    def __init__(self, keys: Sequence[str], make: Callable[[], TrialScheduler]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._keys, self._make = keys, make
        self._schedulers: dict[str, TrialScheduler] = {}

    def _scheduler_of(self, trial: Trial) -> TrialScheduler:
        config = TrialConfig.parse(trial.config["trial"]).params()
        kind = json.dumps([config.get(key) for key in self._keys])
        if kind not in self._schedulers:
            self._schedulers[kind] = self._make()
        return self._schedulers[kind]

    def on_trial_add(self, tune_controller: Any, trial: Trial) -> None:
        """Ray Tune has a new trial."""
        self._scheduler_of(trial).on_trial_add(tune_controller, trial)

    def on_trial_result(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> str:
        """Whether a trial goes on after an epoch."""
        return self._scheduler_of(trial).on_trial_result(tune_controller, trial, result)

    def on_trial_complete(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> None:
        """A trial came to its end."""
        self._scheduler_of(trial).on_trial_complete(tune_controller, trial, result)

    def on_trial_remove(self, tune_controller: Any, trial: Trial) -> None:
        """A trial was given up."""
        self._scheduler_of(trial).on_trial_remove(tune_controller, trial)
