"""Export of runs to one file: all but their networks and matrices.

In a file, a run has the id that it got where it was trained, whichever stores it has come through.
So an import knows the runs that are there already, and the same runs make the same file.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from analysis.errors import AnalysisError
from analysis.records import KEPT_FILES, MLFLOW_STATUS, PREDICTIONS_FILE, RUN_FILE, State, Tag
from analysis.run_files.format import RunFile, is_run_file
from analysis.run_files.names import require_names
from analysis.run_files.progress import Progress
from analysis.run_files.stored import contents, places
from analysis.run_files.writer import RunFileWriter
from analysis.store.metric_values import read_values
from analysis.store.origin import as_trained, origin
from analysis.store.record import RunRecord
from analysis.store.tracking_store import existing_store, find_sweeps
from analysis.text.files import write_file

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

_RUNS_AT_ONCE = 500
_OPEN = ("RUNNING", "SCHEDULED")


@dataclass(frozen=True)
class Exported:
    """What an export wrote.

    Attributes:
        runs: How many, those of whole sweeps among them.
        configurations: How many are among them, each with its seeds.
        running: How many trials of each sweep were left out because they still run.
    """

    runs: int
    configurations: int
    running: Mapping[str, int]


def export_runs(
    sweeps: Sequence[str],
    path: str | os.PathLike[str],
    *,
    tracking_uri: str | None = None,
    predictions: bool = True,
    progress: Progress = lambda done, of: None,
) -> Exported:
    """Write all runs of these sweeps to one file, with params, tags and the history of metrics.

    What the networks answered to every test image is in the file, too, about 33 kB for a run with
    10,000 of them, unless `predictions` is false; and the hits by group, where there are groups.
    Trials that still run are left out. A sweep that still runs is written as an interrupted one.

    >>> export_runs(["mlp-baseline"], "again.parquet", tracking_uri="sqlite:///runs.db").runs
    19

    Raises:
        AnalysisError: the path does not end in `.parquet` or cannot be written; the store cannot be
            read; a sweep is unknown, or none of its trials has ended; a run has a name that
            cannot stand in a file.
    """
    if not is_run_file(os.fspath(path)):
        raise AnalysisError(f"{os.fspath(path)}: the name of a file of runs must end in {RUN_FILE}")
    for name in filter(is_run_file, sweeps):
        raise AnalysisError(f"{name}: is a file already; what is exported are sweeps of the store")
    with existing_store(tracking_uri) as client:
        found = find_sweeps(client, sweeps)
        running = Counter(run.sweep for run in found if run.is_trial and _is_running(run))
        runs = _for_export(found)
        if running and not any(run.is_trial for run in runs):
            names = ", ".join(sorted(running))
            raise AnalysisError(f"nothing to export yet: all trials of {names} still run")
        files = places(
            client, runs, [n for n in KEPT_FILES if predictions or n != PREDICTIONS_FILE]
        )
        writer = RunFileWriter({metric for run in runs for metric in run.metrics}, bool(files))
        origins = {run.run_id: origin(run) for run in found}
        for start in range(0, len(runs), _RUNS_AT_ONCE):
            some = runs[start : start + _RUNS_AT_ONCE]
            writer.write(*_whole(client, some, origins), contents(some, files))
            progress(start + len(some), len(runs))
    content = writer.finish()
    require_names(RunFile(path, content).runs(), os.fspath(path))  # what could not be imported
    write_file(path, content)
    configurations = {run.tags.get(Tag.GROUP_ID, run.run_id) for run in runs if run.is_trial}
    return Exported(len(runs), len(configurations), dict(sorted(running.items())))


def _is_running(run: RunRecord) -> bool:
    """Whether a run has no result yet. One in the state done has one, even before it is closed."""
    return run.status in _OPEN and run.state != State.DONE


def _for_export(found: Sequence[RunRecord]) -> list[RunRecord]:
    """The runs that have ended, in the order of the file: sweeps come before their trials."""
    trials = [run for run in found if run.is_trial and not _is_running(run)]
    ends: dict[str, int] = {}
    for trial in trials:
        parent = trial.tags.get(Tag.PARENT, "")
        ends[parent] = max(ends.get(parent, 0), trial.end_ms or trial.start_ms)
    sweeps = [run for run in found if not run.is_trial]
    runs = trials + [
        replace(
            run,
            end_ms=ends.get(run.run_id, run.start_ms),
            tags={**run.tags, Tag.STATE: State.INTERRUPTED},
        )
        if _is_running(run)
        else run
        for run in sweeps
    ]
    closed = [
        replace(run, status=MLFLOW_STATUS[run.state]) if run.status in _OPEN else run
        for run in runs
    ]
    unique = {origin(run): run for run in sorted(closed, key=lambda run: run.end_ms or 0)}
    by_place = sorted(
        unique.items(), key=lambda it: (it[1].sweep, it[1].is_trial, it[1].start_ms, it[0])
    )
    return [run for _, run in by_place]


def _whole(
    client: MlflowClient, runs: Sequence[RunRecord], origins: Mapping[str, str]
) -> tuple[list[RunRecord], pd.DataFrame]:
    """Runs with the ids of the store where they were trained, and all their values."""
    metrics = sorted({metric for run in runs for metric in run.metrics})
    values = read_values(client, [run.run_id for run in runs], metrics)
    last = values.groupby("run_id", observed=True)["timestamp"].max()
    closed = [
        run if run.end_ms else replace(run, end_ms=int(last.get(run.run_id, run.start_ms)))
        for run in runs
    ]
    values["run_id"] = values["run_id"].cat.rename_categories([origin(run) for run in runs])
    return [_without_place(as_trained(run, origins)) for run in closed], values


def _without_place(run: RunRecord) -> RunRecord:
    """Without the path of its network: of no use to others, and it may tell the user's name."""
    tags = {name: value for name, value in run.tags.items() if name != Tag.CHECKPOINT}
    return replace(run, tags=tags)
