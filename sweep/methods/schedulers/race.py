"""A race: one seed first, further seeds for configurations that survive; see `rules/racing.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sweep.methods.schedulers.asha import GRACE
from sweep.methods.schedulers.base import REDUCTION, Comparison, Scheduler

if TYPE_CHECKING:
    from sweep.methods.schedulers.contest import Contest


def _make(trials: Comparison, values: Mapping[str, Any]) -> Contest:
    from sweep.methods.schedulers.replicates import Replicates
    from sweep.methods.schedulers.rules.racing import Race

    return Replicates(trials, lambda: Race(trials, values["grace"], values["reduction"]))


SCHEDULER = Scheduler(
    name="race",
    label="racing over seeds",
    source="Birattari et al. 2002; López-Ibáñez et al. 2016, "
    "https://doi.org/10.1016/j.orp.2016.09.002",
    make=_make,
    keys=(GRACE, REDUCTION),
    within_epochs=("grace",),
)
