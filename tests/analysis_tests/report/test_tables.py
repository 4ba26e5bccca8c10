"""One row per configuration over its seeds, chosen by validation alone."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.records import State
from analysis.report.tables import for_readers, summarise
from analysis.text.typeset import settings

RunsOf = Callable[[list[dict[str, Any]]], pd.DataFrame]

accuracies = st.floats(0, 1)


@st.composite
def sweeps(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows = []
    for number in range(draw(st.integers(1, 4))):
        for seed in range(draw(st.integers(1, 4))):
            row = {"group": f"g{number}", "hidden": 32 * (number + 1), "seed": seed}
            row |= {"best_val_accuracy": draw(accuracies), "test_accuracy": draw(accuracies)}
            rows.append(row)
    return rows


def test_params_that_vary_are_columns_and_the_others_are_told_once(runs_of: RunsOf) -> None:
    rows = [
        {"group": "a", "dynamics": "alif", "beta": 0.1, "lr": 0.001, "dataset": "mnist"},
        {"group": "b", "dynamics": "lif", "beta": None, "lr": 0.002, "dataset": "mnist"},
    ]
    table = summarise(runs_of(rows))
    assert list(table.columns) == [
        "dynamics",
        "lr",
        "n",
        "val_accuracy_mean",
        "val_accuracy_std",
        "val_accuracy_ci95",
        "test_accuracy_mean",
        "test_accuracy_std",
        "test_accuracy_ci95",
    ]
    assert table.attrs["constant"] == {"dataset": "mnist"}
    assert table.attrs["where_used"] == {"beta": "0.1"}


def test_only_the_params_asked_for_are_columns_and_the_others_are_named(runs_of: RunsOf) -> None:
    rows = [
        {"group": "a", "dynamics": "alif", "lr": 0.001, "dropout": 0.1, "dataset": "mnist"},
        {"group": "b", "dynamics": "lif", "lr": 0.002, "dropout": 0.2, "dataset": "mnist"},
    ]
    table = summarise(runs_of(rows), params=["dataset", "dynamics"])
    assert list(table.columns[:3]) == ["dataset", "dynamics", "n"]
    assert table.attrs["left_out"] == ["dropout", "lr"]
    assert "dataset" not in table.attrs["constant"]
    with pytest.raises(AnalysisError, match=r"no param 'dynamic'; did you mean dynamics\?"):
        summarise(runs_of(rows), params=["dynamic"])


def test_other_metrics_are_those_of_the_epoch_that_validation_chose(runs_of: RunsOf) -> None:
    operations = {"synops_per_inference": 5000.0}  # of the last epoch
    rows = [
        operations | {"group": "a", "seed": seed, "best_synops_per_inference": value}
        for seed, value in enumerate([1000.0, 2000.0, 3000.0])
    ]
    (row,) = summarise(runs_of(rows), metrics=["synops_per_inference"]).to_dict("records")
    assert row["synops_per_inference_mean"] == 2000
    assert row["synops_per_inference_ci95"] == pytest.approx(4.303 * 1000 / math.sqrt(3), rel=1e-3)
    with pytest.raises(AnalysisError, match="no metric 'synaptic'; known: "):
        summarise(runs_of(rows), metrics=["synaptic"])


def test_mean_and_sample_standard_deviation_over_seeds(runs_of: RunsOf) -> None:
    values = [0.90, 0.92, 0.97]
    rows = [{"group": "a", "best_val_accuracy": value} for value in values]
    (row,) = summarise(runs_of(rows)).to_dict("records")
    assert row["n"] == 3
    assert row["val_accuracy_mean"] == pytest.approx(statistics.fmean(values))
    assert row["val_accuracy_std"] == pytest.approx(statistics.stdev(values))


# Quantiles of Student's t at 0.975, for 1, 2, 4 and 9 degrees of freedom, from a printed table.
@pytest.mark.parametrize(("n", "t"), [(2, 12.706), (3, 4.303), (5, 2.776), (10, 2.262)])
def test_the_interval_of_the_mean_is_that_of_student(runs_of: RunsOf, n: int, t: float) -> None:
    values = [0.9 + 0.01 * seed**0.5 for seed in range(n)]
    (row,) = summarise(
        runs_of([{"group": "a", "test_accuracy": value} for value in values])
    ).to_dict("records")
    expected = t * statistics.stdev(values) / math.sqrt(n)
    assert row["test_accuracy_ci95"] == pytest.approx(expected, rel=3e-4)


def test_one_seed_has_neither_deviation_nor_interval(runs_of: RunsOf) -> None:
    (row,) = summarise(runs_of([{"group": "a"}])).to_dict("records")
    assert row["n"] == 1
    for metric in ("val_accuracy", "test_accuracy"):
        assert math.isnan(row[f"{metric}_std"])
        assert math.isnan(row[f"{metric}_ci95"])


def test_the_best_by_validation_stands_first_whatever_the_test_set_says(runs_of: RunsOf) -> None:
    rows = [
        {"group": "a", "lr": 0.1, "best_val_accuracy": 0.8, "test_accuracy": 0.99},
        {"group": "b", "lr": 0.2, "best_val_accuracy": 0.9, "test_accuracy": 0.5},
    ]
    assert list(summarise(runs_of(rows)).index) == ["b", "a"]


def test_only_finished_runs_count(runs_of: RunsOf) -> None:
    rows = [
        {"group": "a", "best_val_accuracy": 0.8},
        {"group": "a", "state": State.FAILED, "best_val_accuracy": math.nan},
        {"group": "b", "state": State.PRUNED, "best_val_accuracy": math.nan},
    ]
    table = summarise(runs_of(rows))
    assert list(table.index) == ["a"]
    assert list(table["n"]) == [1]


def test_nothing_finished_says_how_things_stand(runs_of: RunsOf) -> None:
    rows = [{"group": "a", "state": state} for state in (State.RUNNING, State.FAILED)]
    with pytest.raises(AnalysisError, match="nothing finished yet: 1 running, 1 failed"):
        summarise(runs_of(rows))
    with pytest.raises(AnalysisError, match="nothing finished yet: no trials"):
        summarise(runs_of(rows).head(0))


def test_a_finished_run_without_test_accuracy_is_named(runs_of: RunsOf) -> None:
    rows = [{"group": "a"}, {"group": "b", "test_accuracy": math.nan}]
    with pytest.raises(AnalysisError, match=r"1 of 2 finished runs have no test_accuracy.* run1"):
        summarise(runs_of(rows))


def test_rows_that_would_look_the_same_are_told_apart(runs_of: RunsOf) -> None:
    rows = [{"group": "a", "readout": "max"}, {"group": "b", "readout": None}]
    assert summarise(runs_of(rows))["readout"].isna().sum() == 1


@given(sweeps(), st.randoms(use_true_random=False))
def test_the_order_of_the_runs_does_not_matter(
    runs_of: RunsOf, rows: list[dict[str, Any]], shuffler: random.Random
) -> None:
    runs = runs_of(rows)
    order = list(range(len(runs)))
    shuffler.shuffle(order)
    pd.testing.assert_frame_equal(summarise(runs), summarise(runs.iloc[order]), check_exact=True)


@given(sweeps())
def test_every_seed_counts_once_and_means_lie_between_the_extremes(
    runs_of: RunsOf, rows: list[dict[str, Any]]
) -> None:
    runs = runs_of(rows)
    table = summarise(runs)
    assert table["n"].sum() == len(runs)
    assert table["val_accuracy_mean"].is_monotonic_decreasing
    for group, row in table.iterrows():
        values = runs.loc[runs["group_id"] == group, "test_accuracy"]
        assert values.min() - 1e-12 <= row["test_accuracy_mean"] <= values.max() + 1e-12
        assert math.isnan(row["test_accuracy_std"]) == (len(values) == 1)


def test_the_first_rows_have_columns_only_of_what_varies_in_them(runs_of: RunsOf) -> None:
    rows = [
        {"group": "a", "lr": 0.1, "hidden": 8, "dropout": 0.5, "best_val_accuracy": 0.9},
        {"group": "b", "lr": 0.1, "hidden": 9, "dropout": 0.5, "best_val_accuracy": 0.8},
        {"group": "c", "lr": 0.2, "hidden": 9, "dropout": 0.6, "best_val_accuracy": 0.7},
    ]
    table = summarise(runs_of(rows))
    first = for_readers(table, 2)
    assert list(first.columns[:2]) == ["hidden", "n"] and len(first) == 2
    assert "The same in these rows: dropout=0.5, lr=0.1." in settings(first)
    assert list(for_readers(table, 2, ["lr"]).columns[:3]) == ["hidden", "lr", "n"]
    assert list(for_readers(table, 3).columns) == list(table.columns)
    assert list(for_readers(table, 1).columns) == list(table.columns)  # it would name nothing
