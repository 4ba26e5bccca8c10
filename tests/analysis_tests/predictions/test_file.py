"""Predictions are read as they were written; anything else is refused in a line."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.predictions.file import as_file, from_file
from analysis.predictions.record import Predictions

SHA = "0123456789abcdef" * 4


def answers(labels: Sequence[int], predicted: Sequence[int], data: str = SHA) -> Predictions:
    """Predictions of networks that are rather sure."""
    right = np.asarray(labels) == np.asarray(predicted)
    return Predictions(
        data=data,
        labels=np.asarray(labels, np.uint8),
        predicted=np.asarray(predicted, np.uint8),
        probability=np.full(len(labels), 0.75, np.float16),
        true_probability=np.where(right, 0.75, 0.125).astype(np.float16),
    )


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), min_size=1, max_size=50))
def test_what_is_written_is_read(pairs: list[tuple[int, int]]) -> None:
    labels, predicted = zip(*pairs, strict=True)
    written = answers(labels, predicted)
    read = from_file(as_file(written))
    assert read.data == SHA and as_file(read) == as_file(written)
    for name in ("labels", "predicted", "probability", "true_probability"):
        assert np.array_equal(getattr(read, name), getattr(written, name))
    assert read.hits.tolist() == [a == b for a, b in pairs]


def test_ten_thousand_images_take_some_tens_of_kilobytes() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, 10_000).astype(np.uint8)
    wrong = random.random(10_000) < 0.02
    sure = random.beta(20, 0.5, 10_000).astype(np.float16)
    kept = Predictions(
        data=SHA,
        labels=labels,
        predicted=np.where(wrong, (labels + 1) % 10, labels).astype(np.uint8),
        probability=sure,
        true_probability=np.where(wrong, 0, sure).astype(np.float16),
    )
    assert len(as_file(kept)) < 40_000


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"labels": np.zeros(2, np.uint8)}, "are not of the same images"),
        ({"probability": np.full(3, 1.5, np.float16)}, "a probability that is none"),
        ({"probability": np.full(3, np.nan, np.float16)}, "a probability that is none"),
        ({"true_probability": np.zeros(3, np.float16)}, "two probabilities of one class"),
    ],
)
def test_what_no_network_answers_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(AnalysisError, match=told):
        replace(answers([0, 1, 2], [0, 1, 1]), **changes)


def test_there_must_be_images() -> None:
    with pytest.raises(AnalysisError, match="or of none"):
        answers([], [])


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" * 9, as_file(answers([0], [1]))[:-9]])
def test_what_is_no_such_file_is_told_in_a_line(content: bytes) -> None:
    with pytest.raises(AnalysisError, match=r"^holds no predictions: .+$"):
        from_file(content)


def test_a_file_of_other_columns_is_refused() -> None:
    other = io.BytesIO()
    pq.write_table(pa.table({"label": [1]}), other)
    with pytest.raises(AnalysisError, match="another release of spikesweep, or none"):
        from_file(other.getvalue())
