"""The schedulers, one a file. To add one, write its file and add its line here."""

from __future__ import annotations

from importlib import import_module

from sweep.methods.schedulers.base import Scheduler

_FILES = (
    "asha",
    "promote",
    "race",
    "hyperband",
    "none",
)
_DECLARED: list[Scheduler] = [
    import_module(f"sweep.methods.schedulers.{file}").SCHEDULER for file in _FILES
]

SCHEDULERS: dict[str, Scheduler] = {scheduler.name: scheduler for scheduler in _DECLARED}
"""By name, in the order in which they are shown."""
