"""The scheduler of a sweep: Ray Tune's, as the specification chose it."""

from __future__ import annotations

from ray.tune.schedulers import TrialScheduler

from sweep.methods.schedulers.base import Comparison
from sweep.spec.specification import Specification
from sweep.trial.outcome import EPOCH


def make_scheduler(sweep: Specification) -> TrialScheduler:
    """The scheduler of a sweep; of several metrics it looks at the first."""
    metric, mode = next(iter(sweep.directions.items()))
    epochs = max(sweep.values("epochs"))
    trials = Comparison(metric=metric, mode=mode, time=EPOCH, epochs=epochs, each=sweep.each)
    return sweep.scheduler.declared.make(trials, sweep.scheduler_values)
