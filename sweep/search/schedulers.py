"""The scheduler of a sweep: Ray Tune's, as the specification chose it."""

from __future__ import annotations

from collections.abc import Iterable

from ray.tune.schedulers import TrialScheduler

from sweep.methods.schedulers.base import Comparison, Past
from sweep.spec.specification import Specification
from sweep.trial.outcome import EARLIER, EPOCH


def make_scheduler(sweep: Specification, past: Iterable[Past] = ()) -> TrialScheduler:
    """The scheduler of a sweep; of several metrics it looks at the first.

    Args:
        sweep: The plan.
        past: The trials that earlier drivers of the launch have finished.
    """
    metric, mode = next(iter(sweep.directions.items()))
    epochs = max(sweep.values("epochs"))
    trials = Comparison(
        metric=metric,
        mode=mode,
        time=EPOCH,
        epochs=epochs,
        each=sweep.each,
        earlier=EARLIER,
        past=past,
    )
    return sweep.scheduler.declared.make(trials, sweep.scheduler_values)
