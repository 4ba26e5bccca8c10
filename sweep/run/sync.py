"""Deliver what MLflow has not received, and close the runs of launches without a driver."""

from __future__ import annotations

from rich.console import Console

from analysis.records import State
from sweep.errors import RunningError
from sweep.host.paths import LaunchPaths, all_launches, storage_root
from sweep.run import launch
from sweep.tracking.tracker import MlflowTracker
from sweep.trial.outcome import Outcome


def sync_all(console: Console) -> bool:
    """Sync every launch that no driver is running; whether MLflow has everything now."""
    complete = True
    for paths in all_launches(storage_root()):
        try:
            with launch.driving(paths):
                left = _sync(paths)
        except RunningError:
            console.print(f"{paths.title}: is running; it delivers by itself")
            continue
        complete &= not left
        console.print(f"{paths.title}: {left or 'complete'}", soft_wrap=True)
    return complete


def _sync(paths: LaunchPaths) -> str:
    tracker = MlflowTracker(paths)
    for run in tracker.open_runs:
        tracker.end(run, Outcome(State.INTERRUPTED), {})
    return tracker.close(patience_s=0)
