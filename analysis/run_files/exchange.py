"""Export and import of runs between tracking stores: all but their networks and matrices.

In a file, a run has the id that it got where it was trained, whichever stores it has come through.
So an import knows the runs that are there already, and the same runs make the same file.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from analysis.errors import AnalysisError
from analysis.records import (
    EXPERIMENT_TAGS,
    KEPT_FILES,
    MLFLOW_STATUS,
    PREDICTIONS_FILE,
    RUN_FILE,
    State,
    Tag,
)
from analysis.run_files.format import RunFile, is_run_file
from analysis.run_files.kept import Files
from analysis.run_files.names import require_names
from analysis.run_files.stored import contents, log_files, places, require_contents
from analysis.run_files.writer import RunFileWriter
from analysis.store.metric_values import read_values
from analysis.store.origin import as_imported, as_trained, origin
from analysis.store.record import RunRecord
from analysis.store.tracking_store import (
    existing_store,
    experiments_of,
    explained,
    find_sweeps,
    sweep_runs,
)
from analysis.text.addresses import artifacts_of
from analysis.text.files import write_file

if TYPE_CHECKING:
    from mlflow.entities import Metric
    from mlflow.tracking import MlflowClient

Progress = Callable[[int, int], None]
"""Is told how many runs are done, and of how many."""

_Text = TypeVar("_Text")

_RUNS_AT_ONCE = 500
_PER_REQUEST = 800  # metrics; MLflow takes 1,000 items a request, params and tags among them
_TEXTS_PER_REQUEST = 90  # params, and tags; MLflow takes 100 of each a request
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


@dataclass(frozen=True)
class Imported:
    """What an import did: how many runs it made, completed, and found complete.

    Attributes:
        made: How many it made, launches among them.
        continued: How many it completed.
        found: How many were there.
        launches: How many of those that it made are launches of sweeps, not trials.
    """

    made: int
    continued: int
    found: int
    launches: int = 0


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


def import_runs(
    file: RunFile, client: MlflowClient, progress: Progress = lambda done, of: None
) -> Imported:
    """Write those runs of a file that a store does not have. Call it again after an interruption.

    A run that is there is left as it is, unless an import broke off in it, or it was imported
    before and has gone on since. The run of a sweep is closed after those of its trials: until
    then, the sweep is shown as one that runs.

    >>> from mlflow.tracking import MlflowClient
    >>> client = MlflowClient("sqlite:///runs.db")
    >>> import_runs(RunFile(committed("mlp-baseline")), client).made
    19

    Raises:
        AnalysisError: as `require_importable`, before anything is written; or the store cannot be
            written.
    """
    require_importable(file, client)
    counts, launches = Counter[str](), set[str]()
    with explained("write the runs to", client.tracking_uri):
        experiments = {sweep: _experiment(client, sweep) for sweep in file.sweeps()}
        names = {experiment: sweep for sweep, experiment in experiments.items()}
        there = {origin(run): run for run in sweep_runs(client, names)}
        ids = {home: run.run_id for home, run in there.items()}
        open_sweeps: list[tuple[RunRecord, pd.DataFrame, Files]] = []

        def write(run: RunRecord, values: pd.DataFrame, files: Files) -> None:
            log_files(client, ids[run.run_id], files)
            _write(client, ids[run.run_id], as_imported(run, ids), values, run.run_id in there)
            counts["continued" if run.run_id in there else "made"] += 1
            launches.update([run.run_id] if run.run_id not in there and not run.is_trial else [])
            progress(counts.total(), len(file))

        for (run, values), (_, files) in zip(file.runs_and_values(), file.files(), strict=True):
            if run.run_id in there and _is_complete(there[run.run_id], run):
                counts["found"] += 1
                progress(counts.total(), len(file))
                continue
            if run.run_id not in there:
                ids[run.run_id] = _begin(client, experiments[run.sweep], run)
            if run.is_trial:
                write(run, values, files)
            else:
                open_sweeps.append((run, values, files))
        for run, values, files in open_sweeps:
            write(run, values, files)
    return Imported(counts["made"], counts["continued"], counts["found"], len(launches))


def require_importable(file: RunFile, client: MlflowClient) -> None:
    """Check that all runs of a file can be written, so that none is written if one cannot.

    Raises:
        AnalysisError: a run has a name that is not allowed, or a file that holds nothing of its
            kind, the experiment of a sweep is deleted, or the store cannot be read.
    """
    require_names(file.runs(), file.name)
    require_contents(file.files(), file.name)
    with explained("read the runs at", client.tracking_uri):
        for sweep in file.sweeps():
            _known_experiment(client, sweep)


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
    return [as_trained(run, origins) for run in closed], values


def _known_experiment(client: MlflowClient, sweep: str) -> str | None:
    """The id of a sweep's experiment, if there is one."""
    for experiment in experiments_of(client, [sweep]):
        return experiment
    found = client.get_experiment_by_name(sweep)
    if found is None:
        return None
    if found.lifecycle_stage != "active":
        raise AnalysisError(
            f"the experiment {sweep!r} is deleted in the store; "
            f"mlflow experiments restore --experiment-id {found.experiment_id}"
        )
    return str(found.experiment_id)  # made this moment by somebody else


def _experiment(client: MlflowClient, sweep: str) -> str:
    folder = artifacts_of(client.tracking_uri, sweep)
    return _known_experiment(client, sweep) or str(
        client.create_experiment(sweep, folder, tags={**EXPERIMENT_TAGS, Tag.SWEEP: sweep})
    )


def _is_complete(known: RunRecord, run: RunRecord) -> bool:
    """Whether a run in the store, trained or imported there, has all that the file has of it."""
    if Tag.IMPORTED_FROM not in known.tags:
        return True
    return known.end_ms is not None and known.end_ms >= (run.end_ms or 0)


def _begin(client: MlflowClient, experiment: str, run: RunRecord) -> str:
    """Create a run in the state running. Returns its id in the store."""
    named = {Tag.KIND: run.tags[Tag.KIND], Tag.IMPORTED_FROM: run.run_id}
    made = client.create_run(experiment, run.start_ms, tags=named, run_name=run.name or None)
    return str(made.info.run_id)


def _write(
    client: MlflowClient, run_id: str, run: RunRecord, values: pd.DataFrame, again: bool
) -> None:
    """Write what a run lacks.

    Its end is written last, so that nobody takes a part of the run for a result.

    Args:
        client: Of the store.
        run_id: There.
        run: As it shall stand there.
        values: All of its metrics.
        again: Whether some of it may be there already.
    """
    from mlflow.entities import Param, RunTag

    logged = read_values(client, [run_id], sorted(run.metrics)) if again else values.head(0)
    metrics = _missing(values, logged)
    for start in range(_PER_REQUEST, len(metrics), _PER_REQUEST):
        client.log_batch(run_id, metrics=metrics[start : start + _PER_REQUEST])
    params = _requests([Param(key, value) for key, value in run.params.items()])
    tags = _requests([RunTag(key, run.tags[key]) for key in sorted(run.tags, key=_is_state)])
    for more_params in params[:-1]:
        client.log_batch(run_id, params=more_params)
    for more_tags in tags[:-1]:
        client.log_batch(run_id, tags=more_tags)
    first = metrics[:_PER_REQUEST]
    client.log_batch(run_id, metrics=first, params=params[-1], tags=tags[-1])
    client.set_terminated(run_id, run.status, run.end_ms)


def _is_state(tag: str) -> bool:
    return tag == Tag.STATE


def _requests(texts: list[_Text]) -> list[list[_Text]]:
    """Params or tags in as many parts as MLflow takes at once; at least one."""
    starts = range(0, max(1, len(texts)), _TEXTS_PER_REQUEST)
    return [texts[start : start + _TEXTS_PER_REQUEST] for start in starts]


def _missing(values: pd.DataFrame, logged: pd.DataFrame) -> list[Metric]:
    """The values of a run that are not logged yet."""
    from mlflow.entities import Metric

    def rows(frame: pd.DataFrame) -> list[Any]:
        return list(frame[["metric", "value", "timestamp", "step"]].itertuples(index=False))

    there = {repr(tuple(row)) for row in rows(logged)}  # repr: NaN is NaN
    return [Metric(*row) for row in rows(values) if repr(tuple(row)) not in there]
