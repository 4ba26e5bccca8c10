"""No trial is stopped early."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sweep.methods.schedulers.base import Comparison, Scheduler

if TYPE_CHECKING:
    from ray.tune.schedulers import TrialScheduler


def _make(trials: Comparison, values: Mapping[str, Any]) -> TrialScheduler:
    from ray.tune.schedulers import FIFOScheduler

    return FIFOScheduler()  # type: ignore[no-untyped-call]


SCHEDULER = Scheduler(
    name="none",
    label="no trial is stopped early",
    source="first in, first out",
    make=_make,
    stops=False,
)
