"""The schedulers, one a file. To add one, write its file and add its line here."""

from __future__ import annotations

from sweep.methods.schedulers.asha import ASHA
from sweep.methods.schedulers.base import Scheduler
from sweep.methods.schedulers.hyperband import HYPERBAND
from sweep.methods.schedulers.none import NONE

SCHEDULERS: dict[str, Scheduler] = {
    scheduler.name: scheduler
    for scheduler in (
        ASHA,
        HYPERBAND,
        NONE,
    )
}
"""By name, the default first."""
