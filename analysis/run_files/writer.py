"""Writes a file of runs; its format is described in `format`."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.run_files import kept
from analysis.run_files.checks import COLUMNS, LOGGED, MOMENT, PAIR, TEXTS, schema_of
from analysis.run_files.format import FORM, FORM_WITH_FILES, MARK, UNSEALED, seal
from analysis.store.metric_values import in_order
from analysis.store.record import RunRecord


class RunFileWriter:
    """Writes a file group by group; the same runs give the same bytes.

    Args:
        metrics: All that any of the runs has.
        files: Whether any of the runs has files.
    """

    def __init__(self, metrics: Collection[str], files: bool = False) -> None:
        self._metrics, self._files = sorted(metrics), files
        self._content = io.BytesIO()
        described = {MARK: (FORM_WITH_FILES if files else FORM) + b":" + UNSEALED}
        self._schema = schema_of(self._metrics, files).with_metadata(described)
        rising = ["start", "end", f"{LOGGED}.step", f"{LOGGED}.timestamp"]
        repeated = [f"{name}.key_value.{it}" for name in ("params", "tags") for it in PAIR]
        # Values of metrics stay plain: packed by kind, they are a tenth larger or smaller.
        self._writer = pq.ParquetWriter(
            self._content,
            self._schema,
            compression="zstd",
            compression_level=9,
            use_dictionary=["sweep", "status", *repeated],
            column_encoding=dict.fromkeys(rising, "DELTA_BINARY_PACKED"),
        )

    def write(
        self,
        runs: Sequence[RunRecord],
        values: pd.DataFrame,
        files: Mapping[str, kept.Files] = MappingProxyType({}),
    ) -> None:
        """Write some runs.

        Args:
            runs: These.
            values: All the values of their metrics, as `read_values` gives them.
            files: The files of those that have some, by the id of the run.
        """
        values = in_order(values, [run.run_id for run in runs], self._metrics)
        columns = [_column(runs, name) for name in COLUMNS]
        columns.append(_history(values, len(runs)))
        if self._files:
            columns.append(kept.as_column([files.get(run.run_id, {}) for run in runs]))
        self._writer.write_table(pa.table(columns, schema=self._schema))

    def finish(self) -> bytes:
        """Write the end of the file. Returns the whole file."""
        self._writer.close()
        content = self._content.getvalue()
        return content.replace(b":" + UNSEALED, b":" + seal(content), 1)


def _column(runs: Sequence[RunRecord], name: str) -> pa.Array:
    kind = COLUMNS[name]
    cells = [getattr(run, f"{name}_ms" if kind == MOMENT else name) for run in runs]
    if kind == TEXTS:
        cells = [sorted(texts.items()) for texts in cells]
    return pa.array(cells, kind)


def _history(values: pd.DataFrame, n_runs: int) -> pa.Array:
    """From a row per value, in order, to a list per run of what was logged at once."""
    run, metric = values["run_id"].cat.codes, values["metric"].cat.codes
    keys = [run, values["step"], values["timestamp"]]
    # A metric may have several values at a time: they stand in rows of their own.
    copy = values.groupby([*keys, metric]).cumcount()
    at_once = values.groupby([*keys, copy])
    row, n_rows = at_once.ngroup().to_numpy(), at_once.ngroups
    first = np.unique(row, return_index=True)[1]
    fields = {
        "step": pa.array(values["step"].to_numpy()[first]),
        "timestamp": pa.array(values["timestamp"].to_numpy()[first]).cast(MOMENT),
    }
    names = list(values["metric"].cat.categories)
    columns = []
    for code in range(len(names)):
        mine = (metric == code).to_numpy()
        column, absent = np.zeros(n_rows), np.ones(n_rows, dtype=bool)
        column[row[mine]], absent[row[mine]] = values["value"].to_numpy()[mine], False
        columns.append(pa.array(column, mask=absent))
    if columns:
        fields["metrics"] = pa.StructArray.from_arrays(columns, names=names)
    counts = np.bincount(run.to_numpy()[first], minlength=n_runs)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype("int32")
    logged = pa.StructArray.from_arrays(list(fields.values()), names=list(fields))
    return pa.ListArray.from_arrays(offsets, logged)
