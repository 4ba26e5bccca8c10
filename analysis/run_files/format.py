"""Runs as one Parquet file: a row per run, with the whole history of its metrics.

`history` is a list of what was logged at once: a step, a timestamp, and in `metrics` a column per
metric, empty where it was not logged. So the values of a metric stand together, can be read alone,
and take little more room than their digits. Small files of the runs, such as predictions, stand in
`files`, if there are any.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.records import RUN_FILE
from analysis.run_files import kept
from analysis.run_files.checks import (
    COLUMNS,
    LOGGED,
    MOMENT,
    Checks,
    check_paths,
    check_size,
    metrics_of,
)
from analysis.store.metric_values import in_order
from analysis.store.record import RunRecord
from analysis.text.plain import one_line

MARK, FORM, FORM_WITH_FILES = b"spikesweep.runs", b"1", b"2"
"""Stands in the file with a seal: that it is one of runs, of which form, and whole."""

UNSEALED = b"0" * 64
"""Stands for the seal when it is computed."""


_SEALED = re.compile(re.escape(MARK) + rb".{1,8}?(\d+):([0-9a-f]{64})", re.DOTALL)


def seal(content: bytes) -> bytes:
    """The SHA-256 of a file without its seal; Parquet's own checksums leave out its metadata."""
    return hashlib.sha256(content).hexdigest().encode()


def is_run_file(name: str) -> bool:
    """Whether a name is that of a file of runs, and not of a sweep."""
    return name.endswith(RUN_FILE)


class RunFile:
    """A file of runs, open for reading.

    Args:
        path: Of the file.
        content: Of a file that is not written yet.

    Attributes:
        name: Its path, for errors.
        metrics: All that any of its runs has.

    Raises:
        AnalysisError: there is no such file, it is none of runs, it is damaged, or something in it
            cannot be of a run. All of it is checked here, but for the content of the runs' files:
            what is opened can be read.
    """

    def __init__(self, path: str | os.PathLike[str], content: bytes | None = None) -> None:
        self.name = os.fspath(path)
        with _explained(self.name):
            given = Path(path).read_bytes() if content is None else content
            self._file = pq.ParquetFile(pa.BufferReader(_whole(given)))
            check_size(self._file.metadata)
            self.metrics = metrics_of(self._file.schema_arrow)
            self._has_files = kept.COLUMN in self._file.schema_arrow.names
            check_paths(self._file.schema, self.metrics, self._has_files)
            checks = Checks()
            for table in self._groups([*COLUMNS, "history"]):
                checks.check(table)
            for table in self._groups(["run_id", kept.NAMES]) if self._has_files else ():
                kept.check(table)

    def __len__(self) -> int:
        """How many runs it has."""
        return int(self._file.metadata.num_rows)

    def sweeps(self) -> list[str]:
        """The sweeps of its runs, by name."""
        return sorted({name for table in self._groups(["sweep"]) for name in _list(table, "sweep")})

    def runs(self) -> Iterator[RunRecord]:
        """Its runs, those of sweeps before those of their trials."""
        for table in self._groups([*COLUMNS, LOGGED]):
            yield from _records(table, self.metrics)

    def runs_and_values(self) -> Iterator[tuple[RunRecord, pd.DataFrame]]:
        """The same, each with its rows of `VALUES`."""
        for table in self._groups([*COLUMNS, LOGGED]):
            values = _values(table, self.metrics)
            of_run = dict(iter(values.groupby("run_id", observed=True)))
            for run in _records(table, self.metrics):
                yield run, of_run.get(run.run_id, values.head(0))

    def files(self) -> Iterator[tuple[str, kept.Files]]:
        """The files of its runs, in the order of `runs`, with the ids of these.

        Raises:
            AnalysisError: A file has no content.
        """
        if not self._has_files:
            yield from ((run.run_id, {}) for run in self.runs())
            return
        with _explained(self.name):
            for table in self._groups(["run_id", kept.NAMES, kept.CONTENTS]):
                yield from kept.files_of(table)

    def values(self, run_ids: Collection[str], metrics: Sequence[str]) -> pd.DataFrame:
        """The values of some metrics in those of the runs that it has, as `read_values`."""
        known = [name for name in metrics if name in self.metrics]
        paths = [f"{LOGGED}.{name}" for name in ("step", "timestamp")]
        paths += [f"{LOGGED}.metrics.{name}" for name in known]
        frames = [pd.DataFrame()]
        for table in self._groups(["run_id", *paths]):
            values = _values(table, known)
            frames.append(values[values["run_id"].isin(run_ids)])
        return in_order(pd.concat(frames), list(run_ids), metrics)

    def _groups(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        for number in range(self._file.num_row_groups):
            yield self._file.read_row_group(number, columns=list(columns))


def _whole(content: bytes) -> bytes:
    """The content of a file of runs, once its checksum has been verified."""
    sealed = _SEALED.search(content)
    if sealed is None:
        raise AnalysisError("no file of runs, as export-runs writes them, or cut off")
    start, end = sealed.span(2)
    if seal(content[:start] + UNSEALED + content[end:]) != sealed[2]:
        raise AnalysisError("damaged: it is not what export-runs has written")
    if sealed[1] not in (FORM, FORM_WITH_FILES):
        raise AnalysisError("written by another release of spikesweep")
    return content


@contextmanager
def _explained(path: str) -> Iterator[None]:
    """Say in one line why a file of runs cannot be read: the one place for all such errors.

    Raises:
        AnalysisError: the path, and why.
    """
    try:
        yield
    except AnalysisError as error:
        raise AnalysisError(f"{path}: {error}") from None
    except OSError as error:  # Parquet's own has no number
        reason = error.strerror or f"damaged: {one_line(str(error))}"
        raise AnalysisError(f"{path}: {reason}") from None
    except (pa.ArrowException, ValueError, OverflowError, MemoryError) as error:
        raise AnalysisError(f"{path}: damaged: {one_line(str(error))}") from None


class _Logged(NamedTuple):
    """What was logged at once, for all runs of a table: a row each, and the run's number."""

    run: NDArray[np.int64]
    rows: pa.StructArray

    def of(self, metric: str) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """Which rows have a metric, and its values there."""
        column = self.rows.field("metrics").field(metric)
        has = column.is_valid().to_numpy(zero_copy_only=False)
        return has, column.drop_null().to_numpy()

    def integers(self, name: str) -> NDArray[np.int64]:
        """The steps or the timestamps of the rows."""
        return np.asarray(self.rows.field(name).cast(pa.int64()))


def _list(table: pa.Table, column: str) -> list[str]:
    return list(table.column(column).to_pylist())


def _logged(table: pa.Table) -> _Logged:
    history = table.column("history").combine_chunks()
    return _Logged(np.repeat(np.arange(len(table)), history.value_lengths()), history.flatten())


def _values(table: pa.Table, metrics: Sequence[str]) -> pd.DataFrame:
    logged, run_ids = _logged(table), np.array(_list(table, "run_id"), dtype=object)
    frames = [pd.DataFrame()]
    for metric in metrics:
        has, values = logged.of(metric)
        columns = {
            "run_id": run_ids[logged.run[has]],
            "metric": metric,
            "step": logged.integers("step")[has],
            "timestamp": logged.integers("timestamp")[has],
            "value": values,
        }
        frames.append(pd.DataFrame(columns))
    return in_order(pd.concat(frames), run_ids.tolist(), metrics)


def _records(table: pa.Table, metrics: Sequence[str]) -> Iterator[RunRecord]:
    logged = _logged(table)
    latest: list[dict[str, float]] = [{} for _ in range(len(table))]
    for metric in metrics:
        has, values = logged.of(metric)
        for run, value in zip(logged.run[has].tolist(), values.tolist(), strict=True):
            latest[run][metric] = value  # the rows are in order: the last one stays
    plain = {name: pa.int64() if kind == MOMENT else kind for name, kind in COLUMNS.items()}
    table = table.select(list(COLUMNS)).cast(pa.schema(list(plain.items())))
    for row, metrics_of_run in zip(table.to_pylist(), latest, strict=True):
        yield RunRecord(
            run_id=row["run_id"],
            sweep=row["sweep"],
            name=row["name"],
            status=row["status"],
            start_ms=row["start"],
            end_ms=row["end"],
            params=dict(row["params"]),
            tags=dict(row["tags"]),
            metrics=metrics_of_run,
        )
