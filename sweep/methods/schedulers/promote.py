"""Successive halving that pauses and promotes; see `rules/promoting.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sweep.methods.schedulers.asha import GRACE
from sweep.methods.schedulers.base import REDUCTION, Comparison, Scheduler

if TYPE_CHECKING:
    from sweep.methods.schedulers.contest import Contest


def _make(trials: Comparison, values: Mapping[str, Any]) -> Contest:
    from sweep.methods.schedulers.replicates import Replicates
    from sweep.methods.schedulers.rules.promoting import Promotion

    return Replicates(trials, lambda: Promotion(trials, values["grace"], values["reduction"]))


SCHEDULER = Scheduler(
    name="promote",
    label="asynchronous successive halving by promotion",
    source="Li et al. 2020, algorithm 2, https://arxiv.org/abs/1810.05934",
    make=_make,
    keys=(GRACE, REDUCTION),
    within_epochs=("grace",),
)
