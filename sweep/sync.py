"""Deliver what MLflow has not received, and close the runs of launches whose driver is gone."""

from __future__ import annotations

from rich.console import Console

from sweep import launch
from sweep.errors import SpecError
from sweep.outbox import Outbox
from sweep.outcome import Outcome
from sweep.paths import LaunchPaths, all_launches, storage_root
from sweep.records import State
from sweep.tracking import MlflowTracker


def sync_all(console: Console) -> bool:
    """Sync every launch that no driver is running; whether MLflow has everything now."""
    complete = True
    for paths in all_launches(storage_root()):
        try:
            with launch.driving(paths):
                left = _sync(paths)
        except SpecError:
            console.print(f"{paths.key}: is running; it delivers by itself")
            continue
        complete &= not left
        console.print(f"{paths.key}: {left or 'complete'}", soft_wrap=True)
    return complete


def _sync(paths: LaunchPaths) -> str:
    outbox = Outbox(paths.outbox, paths.delivered)
    open_runs: dict[str, None] = {}
    for event in outbox.all_events():
        if event["do"] == "begin":
            open_runs[event["run"]] = None
        elif event["do"] == "end":
            open_runs.pop(event["run"], None)
    outbox.close()
    tracker = MlflowTracker(paths)
    for run in reversed(open_runs):  # the parent, begun first, ends last
        tracker.end(run, Outcome(State.INTERRUPTED), {})
    return tracker.close()
