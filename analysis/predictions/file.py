"""Predictions as the content of a small Parquet file, which other programs can read.

A row for each test image, with the columns `label`, `predicted`, `probability` and
`true_probability`. The digest of the data set stands in the file's metadata.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.errors import AnalysisError
from analysis.predictions.record import Predictions
from analysis.text.plain import one_line

_MARK, _FORM, _DATA = b"spikesweep.predictions", b"1", b"spikesweep.data_sha256"
_COLUMNS = {
    "label": pa.uint8(),
    "predicted": pa.uint8(),
    "probability": pa.float16(),
    "true_probability": pa.float16(),
}
_MOST_IMAGES = 10_000_000


def as_file(predictions: Predictions) -> bytes:
    """The content of a file; equal predictions give equal bytes. 10,000 images take about 33 kB."""
    columns = [
        predictions.labels,
        predictions.predicted,
        predictions.probability,
        predictions.true_probability,
    ]
    told = {_MARK: _FORM, _DATA: predictions.data.encode()}
    schema = pa.schema(list(_COLUMNS.items()), metadata=told)
    content = io.BytesIO()
    table = pa.table([pa.array(column) for column in columns], schema=schema)
    pq.write_table(table, content, compression="zstd", compression_level=9, write_statistics=False)
    return content.getvalue()


def from_file(content: bytes) -> Predictions:
    """The predictions in the content of a file.

    Raises:
        AnalysisError: It holds none, is damaged, or is of a later version. The text does not name
            the file.
    """
    try:
        return _read(content)
    except AnalysisError as error:
        raise AnalysisError(f"holds no predictions: they {error}") from None
    except (pa.ArrowException, ValueError, OverflowError, MemoryError, OSError) as error:
        raise AnalysisError(f"holds no predictions: {one_line(str(error))[:200]}") from None


def _read(content: bytes) -> Predictions:
    file = pq.ParquetFile(pa.BufferReader(content))
    told: dict[bytes, bytes] = file.schema_arrow.metadata or {}
    if told.get(_MARK) != _FORM:
        raise AnalysisError("are of another release of spikesweep, or none")
    if not file.schema_arrow.equals(pa.schema(list(_COLUMNS.items()))):
        raise AnalysisError("have other columns")
    if file.metadata.num_rows > _MOST_IMAGES:
        raise AnalysisError(f"are of more than {_MOST_IMAGES:,} images")
    table = file.read()
    if any(table.column(name).null_count for name in _COLUMNS):
        raise AnalysisError("have gaps")
    arrays: dict[str, Any] = {name: np.asarray(table.column(name)) for name in _COLUMNS}
    return Predictions(
        data=told.get(_DATA, b"").decode(),
        labels=arrays["label"],
        predicted=arrays["predicted"],
        probability=arrays["probability"],
        true_probability=arrays["true_probability"],
    )
