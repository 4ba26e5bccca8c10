"""An MLflow tracking store opened for reading: it is never created, and MLflow prints nothing.

MLflow itself creates a store that it does not find, and retries a silent server for minutes.
"""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from analysis.errors import AnalysisError, SchemaError
from analysis.records import Tag
from analysis.store.mlflow_internals import is_database_scheme
from analysis.store.record import RunRecord
from analysis.store.schema import MLFLOW, look, require
from analysis.text.addresses import local_path, shown, sqlite_path
from analysis.text.addresses import tracking_uri as default_uri
from analysis.text.plain import known_names
from analysis.text.redaction import first_line

if TYPE_CHECKING:
    from mlflow.entities import Experiment, Run
    from mlflow.tracking import MlflowClient

NOTHING_YET = "no sweep here yet"

_READING = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # a silent server is said after seconds
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
"""What a reader sets of MLflow's variables, where a user has not."""

_PAGE = 2500


@contextmanager
def existing_store(tracking_uri: str | None = None) -> Iterator[MlflowClient]:
    """A client of an existing store; by default the one that MLflow would use here.

    Raises:
        AnalysisError: there is no store, or it cannot be read.
    """
    from mlflow.tracking import MlflowClient

    uri = tracking_uri or default_uri()
    with explained("read the runs at", uri), _quietly():
        _require_store(uri)
        yield MlflowClient(tracking_uri=uri)


@contextmanager
def explained(deed: str, uri: str) -> Iterator[None]:
    """Say in one line what a store could not do, and why.

    Raises:
        AnalysisError: MLflow, its database or the network failed.
    """
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except SchemaError as error:
        raise AnalysisError(str(error)) from None
    except (MlflowException, SQLAlchemyError, ImportError, OSError) as error:
        reason = first_line(error)
        raise AnalysisError(f"cannot {deed} {shown(uri)}: {reason}") from None


def sweep_experiments(client: MlflowClient) -> dict[str, str]:
    """The name of every experiment that is not deleted, by its id."""
    return {experiment.experiment_id: experiment.name for experiment in _experiments(client)}


def experiments_of(client: MlflowClient, sweeps: Sequence[str]) -> dict[str, str]:
    """The sweep that every experiment of these sweeps holds, by the experiment's id.

    A sweep has the name of its experiment. If that was renamed, the name that it was run under
    serves as well, as long as no other experiment has it.
    """
    there = _experiments(client)
    taken = {experiment.name for experiment in there}
    return {
        experiment.experiment_id: name
        for experiment in there
        for name in (experiment.name, experiment.tags.get(Tag.SWEEP, ""))
        if name in sweeps and (name == experiment.name or name not in taken)
    }


def _experiments(client: MlflowClient) -> list[Experiment]:
    found: list[Experiment] = []
    token: str | None = None
    while token is None or token:
        page = client.search_experiments(max_results=_PAGE, page_token=token)
        found += page
        token = page.token or ""
    return found


def sweep_runs(client: MlflowClient, experiments: Mapping[str, str]) -> Iterator[RunRecord]:
    """The runs of sweeps and trials in these experiments (sweeps by id), oldest first."""
    token: str | None = None
    while experiments and (token is None or token):
        with no_collection(), _no_expiry():
            page = client.search_runs(
                list(experiments),
                filter_string=f"tags.`{Tag.KIND}` LIKE '%'",
                max_results=_PAGE,
                # Runs that start while we read are added behind, so that no page shifts.
                order_by=["attributes.start_time ASC"],
                page_token=token,
            )
            records = [_record(run, experiments) for run in page]
        yield from records
        token = page.token or ""


def find_sweeps(client: MlflowClient, sweeps: Sequence[str]) -> list[RunRecord]:
    """The runs of these sweeps and of their trials, oldest first.

    Raises:
        AnalysisError: a sweep is unknown.
    """
    runs = list(sweep_runs(client, experiments_of(client, sweeps)))
    seen = {run.sweep for run in runs}
    for unknown in (name for name in sweeps if name not in seen):
        names = sweep_experiments(client)
        known = sorted(name for key, name in names.items() if _has_sweep(client, key))
        hint = known_names(unknown, known) if known else NOTHING_YET
        raise AnalysisError(f"unknown sweep {unknown!r}; {hint}")
    return runs


def _has_sweep(client: MlflowClient, experiment: str) -> bool:
    """Whether the experiment with this id holds anything of ours."""
    found = client.search_runs([experiment], f"tags.`{Tag.KIND}` LIKE '%'", max_results=1)
    return len(found) > 0


@contextmanager
def no_collection() -> Iterator[None]:
    """Pause Python's search for reference cycles while many objects are made.

    MLflow makes some fifty for every run, and none can be freed yet: the search takes two thirds
    of the time.
    """
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


@contextmanager
def _no_expiry() -> Iterator[None]:
    """Keep SQLAlchemy from marking all rows as stale when MLflow commits.

    It would be read again, which nobody does; to mark the 65 rows of a run takes a fifth of the
    time.
    """
    from sqlalchemy import event
    from sqlalchemy.orm import Session

    def keep(session: Session, *_: object) -> None:
        session.expire_on_commit = False

    event.listen(Session, "after_begin", keep)
    try:
        yield
    finally:
        event.remove(Session, "after_begin", keep)


def _record(run: Run, experiments: Mapping[str, str]) -> RunRecord:
    info, data = run.info, run.data
    return RunRecord(
        run_id=info.run_id,
        sweep=experiments[info.experiment_id],
        name=info.run_name or "",
        status=info.status,
        start_ms=info.start_time,
        end_ms=info.end_time,
        params=data.params,
        tags=data.tags,
        metrics=data.metrics,
    )


@contextmanager
def _quietly() -> Iterator[None]:
    """Silence MLflow's log lines and bars, and shorten its retries; the user's settings stay."""
    loggers = [logging.getLogger(name) for name in ("mlflow", "alembic")]
    levels = [logger.level for logger in loggers]
    ours = _READING.keys() - os.environ.keys()
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        os.environ.update({name: _READING[name] for name in ours})
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        for name in ours:
            os.environ.pop(name, None)


def _require_store(uri: str) -> None:
    scheme = urlsplit(uri).scheme
    if is_database_scheme(scheme.split("+")[0]):
        _require_tables(uri)
    elif scheme in ("", "file"):
        folder = local_path(uri) or Path(uri)
        if not folder.is_dir():
            raise AnalysisError(f"{NOTHING_YET}: there is no folder {folder}")


def _require_tables(uri: str) -> None:
    file = sqlite_path(uri)
    if file is not None and not file.is_file():
        raise AnalysisError(f"{NOTHING_YET}: there is no file {file}")
    found = look(uri, MLFLOW)
    if not found.holds_something:
        raise AnalysisError(f"{NOTHING_YET}: {shown(uri)} holds no MLflow runs")
    require(found, uri, MLFLOW)
