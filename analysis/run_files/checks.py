"""Checks of a file of runs beyond its checksum, which anybody can compute anew."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.errors import AnalysisError
from analysis.records import KIND_SWEEP, KIND_TRIAL, MLFLOW_STATUS, State, Tag
from analysis.run_files import kept
from analysis.text.plain import brief

MOMENT = pa.timestamp("ms", "UTC")
TEXTS = pa.map_(pa.string(), pa.string())
COLUMNS: Mapping[str, pa.DataType] = {
    "run_id": pa.string(),
    "sweep": pa.string(),
    "name": pa.string(),
    "status": pa.string(),
    "start": MOMENT,
    "end": MOMENT,
    "params": TEXTS,
    "tags": TEXTS,
}
"""The columns beside `history`, as they are in `RunRecord`."""

PAIR = ("key", "value")
"""Parquet's names of what stands in params and tags."""

LOGGED = "history.list.element"
"""Parquet's path to what was logged at once."""

_LATEST_MS = 253_402_300_799_000  # the end of the year 9999
_MOST_BYTES = 4 * 2**30  # of a file when it is unpacked
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,255}")
_KINDS = (KIND_SWEEP, KIND_TRIAL)
_STATES = tuple(MLFLOW_STATUS)
_ENDED = tuple(sorted({MLFLOW_STATUS[state] for state in _STATES if state != State.RUNNING}))

Row = Mapping[str, Any]


def schema_of(metrics: Sequence[str], files: bool = False) -> pa.Schema:
    """The columns of a file whose runs have these metrics, and files or not."""
    logged = {"step": pa.int64(), "timestamp": MOMENT}
    if metrics:  # Parquet has no empty structs
        logged["metrics"] = pa.struct([(name, pa.float64()) for name in metrics])
    history = ("history", pa.list_(pa.struct(list(logged.items()))))
    return pa.schema([*COLUMNS.items(), history, *([(kept.COLUMN, kept.TYPE)] if files else [])])


def metrics_of(schema: pa.Schema) -> list[str]:
    """The metrics of a file with these columns.

    Raises:
        AnalysisError: these are not the columns of a file of runs.
    """
    history = schema.field("history").type if schema.names.count("history") == 1 else pa.null()
    metrics: list[str] = []
    if pa.types.is_list(history) and pa.types.is_struct(history.value_type):
        logged = history.value_type
        if logged.num_fields == 3 and pa.types.is_struct(logged[2].type):
            metrics = [field.name for field in logged[2].type]
    wanted = schema_of(metrics, kept.COLUMN in schema.names)
    if metrics != sorted(set(metrics)) or not schema.equals(wanted):
        raise AnalysisError("its columns are not those of runs")
    return metrics


def check_paths(schema: Any, metrics: Sequence[str], files: bool = False) -> None:
    """Check that Parquet's own names are those of the columns, by which they are read.

    Raises:
        AnalysisError: they are others.
    """
    paths = [
        path
        for name, kind in COLUMNS.items()
        for path in ([f"{name}.key_value.{it}" for it in PAIR] if kind == TEXTS else [name])
    ]
    paths += [f"{LOGGED}.{name}" for name in ("step", "timestamp")]
    paths += [f"{LOGGED}.metrics.{name}" for name in metrics]
    paths += [kept.NAMES, kept.CONTENTS] if files else []
    if [schema.column(place).path for place in range(len(schema))] != paths:
        raise AnalysisError("its columns are not those of runs")


def check_size(metadata: Any, most: int = _MOST_BYTES) -> None:
    """Check that a file can be held in memory.

    Args:
        metadata: Parquet's.
        most: Bytes that it may be unpacked to.

    Raises:
        AnalysisError: it is unpacked to more.
    """
    groups = range(metadata.num_row_groups)
    if sum(metadata.row_group(number).total_byte_size for number in groups) > most:
        raise AnalysisError(f"is unpacked to more than {most / 2**30:g} GiB")


class Checks:
    """Checks the runs of a file group by group, also for ids that occur twice."""

    def __init__(self) -> None:
        self._kinds: dict[str, tuple[str, str]] = {}
        """Sweep and kind of every run before."""

    def check(self, table: pa.Table) -> None:
        """Check a group of runs.

        Raises:
            AnalysisError: something of them cannot be, or comes twice.
        """
        table.validate(full=True)  # texts are UTF-8, lists lie within their values
        for name in table.column_names:
            _refuse_gaps(table, name)
        _check_history(table.column("history").combine_chunks())
        for row in _rows(table):
            self._check_run(row)

    def _check_run(self, row: Row) -> None:
        run_id, tags = row["run_id"], dict(row["tags"])
        if not _RUN_ID.fullmatch(run_id):
            raise AnalysisError(f"{brief(run_id)} is no id of a run")
        where = f"run {run_id}"
        if run_id in self._kinds:
            raise AnalysisError(f"{where} stands twice")
        for check in (_check_about, _check_texts, _check_tags):
            _placed(where, check, row)
        self._check_parent(where, row["sweep"], tags)
        self._kinds[run_id] = row["sweep"], tags[Tag.KIND]

    def _check_parent(self, where: str, sweep: str, tags: Mapping[str, str]) -> None:
        """A run that is named as a sweep's own is that of its sweep, if it is in the file."""
        if Tag.PARENT not in tags:
            return
        found = self._kinds.get(tags[Tag.PARENT], (sweep, KIND_SWEEP))
        if found != (sweep, KIND_SWEEP) or tags[Tag.KIND] == KIND_SWEEP:
            raise AnalysisError(f"{where}: {brief(tags[Tag.PARENT])} is not the run of its sweep")


def _placed(where: str, check: Callable[[Row], None], row: Row) -> None:
    try:
        check(row)
    except AnalysisError as error:
        raise AnalysisError(f"{where}: {error}") from None


def _check_about(row: Row) -> None:
    if row["status"] not in _ENDED:
        raise AnalysisError(f"its status {brief(row['status'])} is none of {', '.join(_ENDED)}")
    for end in ("start", "end"):
        if not 0 <= row[end] <= _LATEST_MS:
            raise AnalysisError(f"its {end} is at no time: {row[end]} ms")


def _check_texts(row: Row) -> None:
    for what in ("params", "tags"):
        texts = row[what]
        if len(dict(texts)) < len(texts):
            raise AnalysisError(f"one of its {what} stands twice")
        if any(value is None for _, value in texts):
            raise AnalysisError(f"one of its {what} has no text")


def _check_tags(row: Row) -> None:
    tags = dict(row["tags"])
    if tags.get(Tag.KIND) not in _KINDS:
        raise AnalysisError(f"its tag {Tag.KIND} is missing, or none of {', '.join(_KINDS)}")
    if tags.get(Tag.STATE, State.DONE) not in _STATES:
        raise AnalysisError(f"its state {brief(tags[Tag.STATE])} is none of {', '.join(_STATES)}")


def _refuse_gaps(table: pa.Table, name: str) -> None:
    if table.column(name).null_count:
        raise AnalysisError(f"a run has no {name}")


def _check_history(history: pa.ListArray) -> None:
    logged = history.flatten()
    columns = [logged, *(logged.field(name) for name in ("step", "timestamp"))]
    if logged.type.num_fields > 2:
        columns.append(logged.field("metrics"))
    if any(column.null_count for column in columns):
        raise AnalysisError("a value was logged at no step or time")
    step, time = (np.asarray(logged.field(name).cast(pa.int64())) for name in ("step", "timestamp"))
    if len(time) and not (0 <= time.min() and time.max() <= _LATEST_MS):
        raise AnalysisError("a value was logged at no time")
    first = np.zeros(len(step) + 1, dtype=bool)  # whether the history of a run begins here
    first[np.asarray(history.offsets) - history.offsets[0].as_py()] = True
    rises = (step[1:] > step[:-1]) | ((step[1:] == step[:-1]) & (time[1:] >= time[:-1]))
    if not (rises | first[1:-1]).all():
        raise AnalysisError("its values are not in the order in which they were logged")


def _rows(table: pa.Table) -> Iterator[Row]:
    plain = {name: pa.int64() if kind == MOMENT else kind for name, kind in COLUMNS.items()}
    yield from table.select(list(COLUMNS)).cast(pa.schema(list(plain.items()))).to_pylist()
