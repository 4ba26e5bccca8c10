"""The small files of runs, such as predictions, in a column of a file of runs.

`files` is a list for each run: the name of a file and its content. The column is there only if one
of the runs has such a file: so the files of earlier versions, and of their runs, stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from analysis.errors import AnalysisError
from analysis.records import KEPT_FILES
from analysis.text.plain import brief

COLUMN = "files"
NAMES, CONTENTS = (f"{COLUMN}.list.element.{part}" for part in ("name", "content"))
"""Parquet's paths to what is in the column."""

TYPE = pa.list_(pa.struct([("name", pa.string()), ("content", pa.binary())]))

Files = Mapping[str, bytes]
"""The contents of the files of a run, by name."""


def as_column(files: Sequence[Files]) -> pa.Array:
    """The column, from the files of every run."""
    rows = [
        [{"name": name, "content": content} for name, content in sorted(of_run.items())]
        for of_run in files
    ]
    return pa.array(rows, TYPE)


def check(table: pa.Table) -> None:
    """Check the names of the files in a table whose column has them alone.

    Raises:
        AnalysisError: A run has a file that is none of `KEPT_FILES`, or one twice.
    """
    for run_id, row in _rows(table):
        names = [file["name"] for file in row]
        if len(set(names)) < len(names):
            raise AnalysisError(f"run {run_id}: one of its files stands twice")
        for name in names:
            if name not in KEPT_FILES:
                known = ", ".join(KEPT_FILES)
                raise AnalysisError(f"run {run_id}: its file {brief(name)} is none of {known}")


def files_of(table: pa.Table) -> Iterator[tuple[str, Files]]:
    """The files of every run of a table, by the id of the run.

    Raises:
        AnalysisError: One of them has no content.
    """
    for run_id, row in _rows(table):
        if any(file["content"] is None for file in row):
            raise AnalysisError(f"run {run_id}: one of its files has no content")
        yield run_id, {file["name"]: file["content"] for file in row}


def _rows(table: pa.Table) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    ids, column = table.column("run_id").to_pylist(), table.column(COLUMN)
    if column.null_count or column.combine_chunks().flatten().null_count:
        raise AnalysisError(f"a run has no {COLUMN}")
    yield from zip(ids, column.to_pylist(), strict=True)
