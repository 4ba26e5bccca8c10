"""The scheduler of a sweep, as the specification chose it."""

from __future__ import annotations

from collections.abc import Iterable

from sweep.methods.schedulers.base import Comparison, Past
from sweep.methods.schedulers.contest import Contest, OneByOne
from sweep.spec.specification import Specification
from sweep.trial.outcome import EARLIER, EPOCH, RATES, REASON


def make_scheduler(sweep: Specification, past: Iterable[Past] = ()) -> Contest:
    """What Ray Tune gets as the scheduler of a sweep; `StudySearcher.join` tells it of the study.

    Args:
        sweep: The plan.
        past: The trials that earlier drivers of the launch have finished.
    """
    trials = Comparison(
        metrics=sweep.directions,
        time=EPOCH,
        why=REASON,
        epochs=max(sweep.values("epochs")),
        seeds=sweep.seeds,
        constraints=sweep.limits,
        each=sweep.each,
        earlier=EARLIER,
        rates=RATES if sweep.ends_silent else "",
        past=past,
    )
    made = sweep.scheduler.declared.make(trials, sweep.scheduler_values)
    return made if isinstance(made, Contest) else OneByOne(trials, made)
