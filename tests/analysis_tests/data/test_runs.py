"""Reading the runs: types, the rule of the latest result, and errors in one line."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.data.runs import INFO, METRICS, list_sweeps, load_runs, param_columns
from analysis.errors import AnalysisError
from analysis.records import State, Tag

FINAL = {
    "test_accuracy": 0.9,
    "test_loss": 0.3,
    "best_epoch": 4.0,
    "best_val_accuracy": 0.91,
    "best_val_loss": 0.29,
}


@contextmanager
def one_line(*parts: str) -> Iterator[None]:
    with pytest.raises(AnalysisError) as raised:
        yield
    text = str(raised.value)
    assert "\n" not in text
    for part in parts:
        assert part in text


def test_a_trial_is_a_row_with_what_was_logged(store: Any) -> None:
    params = {"dynamics": "lif", "hidden": 128, "seed": 0}
    run_id = store.trial("s", "aaa-0", params=params, seconds=12.5, **FINAL)
    store.epoch(run_id, 1, val_accuracy=0.5, train_loss=2.0)
    store.epoch(run_id, 2, val_accuracy=0.6, train_loss=1.0)

    (row,) = load_runs(["s"]).to_dict("records")

    assert row["run_id"] == run_id
    assert (row["sweep"], row["state"]) == ("s", State.DONE)
    assert (row["config_id"], row["group_id"]) == ("aaa-0", "aaa")
    assert (row["dynamics"], row["hidden"], row["seed"]) == ("lif", 128, 0)
    assert {name: row[name] for name in FINAL} == FINAL
    assert (row["val_accuracy"], row["train_loss"]) == (0.6, 1.0)
    assert row["duration_s"] == 12.5
    assert row["start"] == pd.Timestamp(2025, 6, 15, 15, 8, 40, tz="UTC")
    assert pd.isna(row["error"])


def test_columns_are_info_then_params_then_metrics(store: Any) -> None:
    store.trial("s", "a-0", params={"lr": 0.1, "beta": 1.6}, **FINAL)
    runs = load_runs(["s"])
    assert list(runs.columns) == [*INFO, "beta", "lr", *METRICS]
    assert param_columns(runs) == ["beta", "lr"]
    assert {name: str(runs[name].dtype) for name in INFO} == dict(INFO)
    assert all(runs[name].dtype == "float64" for name in METRICS)


@pytest.mark.parametrize(
    ("texts", "values", "dtype"),
    [
        (["True", "False"], [True, False], "boolean"),
        (["true", "false"], [True, False], "boolean"),
        (["128", "64"], [128, 64], "Int64"),
        (["0.001", "1e-05"], [0.001, 1e-05], "float64"),
        (["20.0", "5"], [20.0, 5.0], "float64"),
        (["128", "[64, 64]"], ["128", "[64, 64]"], "str"),
        (["None", "5.0"], ["none", "5.0"], "str"),
        (["latency", "periodic"], ["latency", "periodic"], "str"),
        (["12345678901234567890", "1"], [12345678901234567890.0, 1.0], "float64"),
    ],
)
def test_params_get_their_types_back(
    store: Any, texts: list[str], values: list[object], dtype: str
) -> None:
    for number, text in enumerate(texts):
        store.trial("s", f"a{number}-0", params={"key": text})
    column = load_runs(["s"])["key"]
    assert list(column) == values
    assert column.dtype == dtype


@pytest.mark.parametrize(("text", "dtype"), [("True", "boolean"), ("3", "Int64"), ("x", "str")])
def test_a_param_without_effect_is_missing_and_the_rest_keeps_its_type(
    store: Any, text: str, dtype: str
) -> None:
    store.trial("s", "a-0", params={"key": text})
    store.trial("s", "b-0", params={"other": 1})
    column = load_runs(["s"])["key"]
    assert list(column.isna()) == [False, True]
    assert column.dtype == dtype


def test_a_done_run_counts_before_older_and_newer_ones_that_are_not(store: Any) -> None:
    store.trial("s", "a-0", State.INTERRUPTED)
    done = store.trial("s", "a-0", **FINAL)
    store.trial("s", "a-0", State.FAILED)
    store.trial("s", "a-0", State.PRUNED)
    assert list(load_runs(["s"])["run_id"]) == [done]


def test_among_done_runs_and_among_unfinished_ones_the_latest_counts(store: Any) -> None:
    store.trial("s", "a-0", **FINAL)
    later = store.trial("s", "a-0", **FINAL | {"test_accuracy": 0.8})
    store.trial("s", "b-0", State.INTERRUPTED)
    retried = store.trial("s", "b-0", State.FAILED)
    assert list(load_runs(["s"])["run_id"]) == [later, retried]


def test_the_rule_holds_across_sweeps_and_launches(store: Any) -> None:
    store.trial("one", "a-0", **FINAL)
    store.trial("two", "a-1", **FINAL)
    store.sweep("one")
    again = store.trial("one", "a-1", tags={Tag.REUSED_FROM: "two"}, **FINAL)

    both = load_runs(["one", "two"])
    assert list(both["config_id"]) == ["a-0", "a-1"]
    assert both.loc[1, "run_id"] == again
    assert both.loc[1, "reused_from"] == "two"
    assert list(load_runs(["two"])["sweep"]) == ["two"]


def test_running_and_failed_trials_are_told_apart(store: Any) -> None:
    store.trial("s", "a-0", State.RUNNING)
    store.trial("s", "b-0", State.FAILED, tags={Tag.ERROR: "loss is NaN"})
    runs = load_runs(["s"])
    assert list(runs["state"]) == [State.RUNNING, State.FAILED]
    assert math.isnan(runs.loc[0, "duration_s"])
    assert runs.loc[1, "error"] == "loss is NaN"


def test_more_runs_than_a_page_are_all_read(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.store.tracking_store._PAGE", 2)
    for number in range(5):
        store.trial("s", f"a-{number}")
    assert list(load_runs(["s"])["config_id"]) == [f"a-{number}" for number in range(5)]


def test_runs_of_others_and_deleted_ones_are_not_ours(store: Any) -> None:
    store.trial("s", "a-0")
    deleted = store.trial("s", "b-0")
    store.client.delete_run(deleted)
    experiment = store.client.get_experiment_by_name("s").experiment_id
    store.client.create_run(experiment)
    assert list(load_runs(["s"])["config_id"]) == ["a-0"]


def test_a_sweep_without_trials_is_an_empty_table(store: Any) -> None:
    store.sweep("s")
    runs = load_runs(["s"])
    assert runs.empty
    assert list(runs.columns) == [*INFO, *METRICS]


def test_an_unknown_sweep_names_the_known_ones(store: Any) -> None:
    store.trial("mnist", "a-0")
    store.trial("digits", "a-0")
    with one_line("unknown sweep 'mnits'", "did you mean mnist? known: digits, mnist"):
        load_runs(["mnist", "mnits"])


def test_an_experiment_of_others_is_not_a_sweep(store: Any) -> None:
    with one_line("unknown sweep 'Default'", "no sweep here yet"):
        load_runs(["Default"])
    with one_line("no sweep here yet"):
        list_sweeps()


def test_the_tracking_uri_of_the_environment_is_read(
    store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.trial("s", "a-0")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    assert len(load_runs(["s"])) == 1
    assert not list(elsewhere.iterdir())


def test_sweeps_are_listed_with_their_standing(store: Any) -> None:
    store.trial("old", "a-0", **FINAL)
    store.trial("new", "a-0", **FINAL)
    store.trial("new", "b-0", **FINAL | {"best_val_accuracy": 0.95})
    store.trial("new", "c-0", State.FAILED)
    store.trial("new", "d-0", State.INTERRUPTED)
    store.sweep("new")
    store.trial("new", "d-0", State.RUNNING, val_accuracy=0.99)
    store.sweep("no-trials")

    table = list_sweeps()

    assert list(table["sweep"]) == ["no-trials", "new", "old"]
    assert list(table["trials"]) == [0, 4, 1]
    assert list(table["done"]) == [0, 2, 1]
    assert table.loc[1, [State.RUNNING, State.FAILED, State.INTERRUPTED]].tolist() == [1, 1, 0]
    assert math.isnan(table.loc[0, "best_val_accuracy"])
    assert list(table["best_val_accuracy"])[1:] == [0.95, 0.91]
    assert table.loc[2, "started"] == pd.Timestamp(2025, 6, 15, 15, 7, 40, tz="UTC")
    assert table.loc[1, "started"] == pd.Timestamp(2025, 6, 15, 15, 14, 40, tz="UTC")
