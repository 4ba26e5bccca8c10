"""HyperBand: successive halving with several compromises between many trials and long ones.

Trials of a bracket wait for each other. Ray Tune keeps the brackets in its memory, with trials that
it has paused. They are gone with the process of the sweep, so a resumed sweep begins new ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sweep.methods.schedulers.base import REDUCTION, Comparison, Scheduler

if TYPE_CHECKING:
    from ray.tune.schedulers import TrialScheduler


def _make(trials: Comparison, values: Mapping[str, Any]) -> TrialScheduler:
    from ray.tune.schedulers import HyperBandScheduler

    return HyperBandScheduler(
        time_attr=trials.time,
        metric=trials.metric,
        mode=trials.mode,
        max_t=trials.epochs,
        reduction_factor=values["reduction"],
    )


SCHEDULER = Scheduler(
    name="hyperband",
    label="HyperBand",
    source="Li et al. 2018, https://jmlr.org/papers/v18/16-558.html",
    make=_make,
    keys=(REDUCTION,),
    for_one_seed="hyperband judges every seed by itself, as Ray Tune fills its brackets with "
    "trials",
    forgets="hyperband begins new brackets after a resume: it does not compare with the trials "
    "that ended before; asha does",
)
