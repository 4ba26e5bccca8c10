"""Short names of users' data in tables: as short as they can be, and never the same for two."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.data.labelled import labelled
from analysis.data.labels import legend_label
from analysis.data.runs import load_runs
from analysis.data.short_paths import is_path, short_names
from analysis.report.tables import summarise, write_table
from analysis.text.typeset import caption
from snn.declarations import data_paths

PARTS = st.sampled_from(["a", "b", "mnist", "MNIST", "cells", "x.y", "..", "~"])
SUFFIXES = st.sampled_from(["", ".npz", ".npy", ".h5", ".h5.gz", ".npz@28", "@28", "/", "/@14"])
PATHS = st.builds(
    lambda start, parts, suffix: start + "/".join(parts) + suffix,
    st.sampled_from(["", "/", "./", "~/"]),
    st.lists(PARTS, min_size=1, max_size=4),
    SUFFIXES,
).filter(is_path)
NAMES = st.sampled_from(["mnist", "fashion_mnist", "cells", "randman@3"])


@given(st.lists(PATHS | NAMES, min_size=1, unique=True))
def test_two_data_sets_never_get_one_name_and_names_stay(values: list[str]) -> None:
    shown = list(labelled(pd.DataFrame({"dataset": values}))["dataset"])
    labels = [legend_label("dataset", value) for value in shown]  # as figures show them
    assert len(set(shown)) == len(set(labels)) == len(values)
    for value, short in zip(values, shown, strict=True):
        assert short == value if not is_path(value) else len(short) <= len(value)


@given(st.text() | PATHS | NAMES)
def test_what_a_specification_takes_for_a_path_is_one_here(value: str) -> None:
    assert is_path(value) == data_paths.is_path(value)


@pytest.mark.parametrize(
    ("paths", "shown"),
    [
        (["/home/x/mine.npz", "/home/x/photos/@28"], ["mine", "photos"]),
        (
            ["/home/x/a/mine.npz", "/home/x/b/mine.npz", "other.h5.gz"],
            ["a/mine", "b/mine", "other"],
        ),
        (["mine.npz", "mine.npy"], ["mine.npz", "mine.npy"]),
        (["photos/@28", "photos/@14"], ["photos@28", "photos@14"]),
        (["/x@y/mine.npz"], ["mine"]),
        (["/a/b/mine.npz", "/a/c/mine.npz", "/d/c/mine.npz"], ["b/mine", "a/c/mine", "d/c/mine"]),
    ],
)
def test_as_much_of_the_path_is_shown_as_tells_them_apart(
    paths: list[str], shown: list[str]
) -> None:
    assert list(short_names(paths).values()) == shown


def test_tables_for_people_have_the_short_name_and_exports_the_whole_path(store: Any) -> None:
    for sweep, folders in {"one": "a", "two": "ab"}.items():
        for folder in folders:
            params = {"dataset": f"/home/x/{folder}/mine.npz", "seed": 0}
            done = {"best_val_accuracy": 0.5, "test_accuracy": 0.5}
            store.trial(sweep, f"{sweep}{folder}-0", params=params, **done)
    assert "dataset=mine" in caption(labelled(summarise(load_runs(["one"]))))
    summary = summarise(load_runs(["two"]))
    written = {kind: io.StringIO() for kind in ("csv", "md")}
    write_table(summary, written["csv"], "csv")
    write_table(labelled(summary), written["md"], "md")
    assert "/home/x/a/mine.npz" in written["csv"].getvalue()
    assert "| a/mine " in written["md"].getvalue() and "/home" not in written["md"].getvalue()
