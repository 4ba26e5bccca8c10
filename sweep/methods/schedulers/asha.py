"""Asynchronous successive halving: a trial goes on if it is among the best that got as far.

It compares trials at the same epoch. Where some kinds of network learn faster than others (the
large, say), it stops the slow kinds, however good they would become. With `each`, a trial is
compared only with trials of its own kind.

A resumed sweep compares with the trials that ended before, too. So it ends the same trials at the
same epochs as an undisturbed one, if one trial runs at a time. Trials side by side are compared in
the order in which they report. That depends on their speed, in any sweep.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from snn.declarations.keys import Key
from sweep.methods.schedulers.base import REDUCTION, Comparison, Scheduler

if TYPE_CHECKING:
    from ray.tune.schedulers import TrialScheduler


def _make(trials: Comparison, values: Mapping[str, Any]) -> TrialScheduler:
    """Ray's rule with our values; `kinds.py` says who is compared with whom."""
    from ray.tune.schedulers import ASHAScheduler

    from sweep.methods.schedulers.kinds import ComparedByKind

    def asha() -> TrialScheduler:
        return ASHAScheduler(
            time_attr=trials.time,
            metric=trials.metric,
            mode=trials.mode,
            max_t=trials.epochs + 1,  # the trials end by themselves
            grace_period=values["grace"],
            reduction_factor=values["reduction"],
        )

    return ComparedByKind(trials, asha)


SCHEDULER = Scheduler(
    name="asha",
    label="asynchronous successive halving",
    source="Li et al. 2020, https://arxiv.org/abs/1810.05934",
    make=_make,
    keys=(
        Key(
            name="grace",
            type=int,
            default=3,
            low=1,
            description="epochs that every trial gets (asha): at most those of the shortest trial, "
            "to which the default is lowered",
        ),
        REDUCTION,
    ),
    within_epochs=("grace",),
)
