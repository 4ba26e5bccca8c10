"""Who stops bad trials early: Ray Tune's schedulers, set up for a sweep.

Asynchronous successive halving (Li et al. 2020, https://arxiv.org/abs/1810.05934) compares trials
at the same epoch. Where some kinds of network learn faster than others (the large, say), that ends
the slow kinds, whatever they would come to; with `each`, a kind is compared only with itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from ray.tune.experiment import Trial
from ray.tune.schedulers import ASHAScheduler, FIFOScheduler, HyperBandScheduler, TrialScheduler

from snn.config import TrialConfig
from sweep.spec.sweep import Sweep
from sweep.trial.outcome import EPOCH


def make_scheduler(sweep: Sweep) -> TrialScheduler:
    """The scheduler of a sweep."""
    metric, mode = next(iter(sweep.directions.items()))
    plan = sweep.scheduler
    common: dict[str, Any] = {"time_attr": EPOCH, "metric": metric, "mode": mode}

    def asha() -> TrialScheduler:
        return ASHAScheduler(
            max_t=max(sweep.values("epochs")) + 1,  # the trials end by themselves
            grace_period=plan.grace,
            reduction_factor=plan.reduction,
            **common,
        )

    if plan.name == "asha":
        return EachAlone(sweep.each, asha) if sweep.each else asha()
    if plan.name == "hyperband":
        return HyperBandScheduler(
            max_t=max(sweep.values("epochs")), reduction_factor=plan.reduction, **common
        )
    return FIFOScheduler()  # type: ignore[no-untyped-call]


class EachAlone(FIFOScheduler):
    """A scheduler for every combination of the values of some keys: others are no rivals.

    Args:
        keys: Of the configuration.
        make: A scheduler that only stops trials and never pauses them, as ASHA does.
    """

    def __init__(self, keys: Sequence[str], make: Callable[[], TrialScheduler]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._keys, self._make = keys, make
        self._schedulers: dict[str, TrialScheduler] = {}

    def _of(self, trial: Trial) -> TrialScheduler:
        config = TrialConfig.parse(trial.config["trial"]).params()
        kind = json.dumps([config.get(key) for key in self._keys])
        if kind not in self._schedulers:
            self._schedulers[kind] = self._make()
        return self._schedulers[kind]

    def on_trial_add(self, tune_controller: Any, trial: Trial) -> None:
        """Ray Tune has a new trial."""
        self._of(trial).on_trial_add(tune_controller, trial)

    def on_trial_result(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> str:
        """Whether a trial goes on after an epoch."""
        return self._of(trial).on_trial_result(tune_controller, trial, result)

    def on_trial_complete(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> None:
        """A trial came to its end."""
        self._of(trial).on_trial_complete(tune_controller, trial, result)

    def on_trial_remove(self, tune_controller: Any, trial: Trial) -> None:
        """A trial was given up."""
        self._of(trial).on_trial_remove(tune_controller, trial)
