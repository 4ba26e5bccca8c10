"""What a confirmation says of the leaders of a search."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from scipy import stats

from analysis.errors import AnalysisError
from analysis.stats.confirmation import (
    confirmed,
    leaderless,
    leading_runs,
    readable_confirmation,
)

VALIDATION = {"a": 0.91, "b": 0.95, "c": 0.93}


def runs(rows: list[tuple[str, int, float, float]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "run_id": f"{group}{seed}",
            "config_id": f"{group}{seed}",
            "group_id": group,
            "state": "done",
            "code": group.upper(),
            "seed": seed,
            "best_val_accuracy": val,
            "test_accuracy": test,
        }
        for group, seed, val, test in rows
    )


SEARCHED = runs([(group, 0, value, 0.5) for group, value in VALIDATION.items()])
AGAIN = runs([("c", 1, 0.9, 0.80), ("c", 2, 0.9, 0.90), ("b", 1, 0.8, 0.7), ("b", 2, 0.8, 0.7)])
SAME = {"b": "b", "c": "c"}


def test_the_leaders_are_those_of_validation_best_first() -> None:
    assert leading_runs(SEARCHED, 2) == ["b0", "c0"]
    assert leading_runs(SEARCHED, 9) == ["b0", "c0", "a0"]


def test_every_value_of_a_param_has_leaders_of_its_own() -> None:
    sized = SEARCHED.assign(size=[100, 200, 200], kind=["x", "y", "x"])
    assert leading_runs(sized, 1, ["size"]) == ["b0", "a0"]
    assert leading_runs(sized, 1, ["size", "kind"]) == ["b0", "c0", "a0"]
    with pytest.raises(AnalysisError, match="colour"):
        leading_runs(sized, 1, ["colour"])
    with pytest.raises(AnalysisError, match="each shape: the runs have one value of it"):
        leading_runs(sized.assign(shape="round"), 1, ["shape"])


def test_values_of_which_no_trial_is_done_are_named() -> None:
    sized = SEARCHED.assign(size=[100, 200, 50], state=["pruned", "done", "failed"])
    assert leaderless(sized, ["size"]) == ["size 100", "size 50"]
    assert leaderless(sized, ["size", "code"]) == ["size 100, code A", "size 50, code C"]
    assert leaderless(SEARCHED, ["code"]) == []
    assert leaderless(SEARCHED, []) == []


BOTH = {"val_accuracy": "max", "synops_per_inference": "min"}


def test_the_leaders_for_several_metrics_are_spread_over_the_front() -> None:
    rows = [(name, 0, 0.5 + number / 10, 0.5) for number, name in enumerate("abcde")]
    costly = runs(rows).assign(best_synops_per_inference=[10.0, 20.0, 30.0, 25.0, 90.0])
    assert leading_runs(costly, 9, directions=BOTH) == ["e0", "d0", "b0", "a0"]  # c costs too much
    assert leading_runs(costly, 2, directions=BOTH) == ["e0", "a0"]
    assert leading_runs(costly, 1, directions=BOTH) == ["e0"]


def test_a_configuration_that_lacks_a_seed_is_no_member_of_the_front() -> None:
    rows = [("a", 0, 0.9, 0.5), ("a", 1, 0.1, 0.5), ("b", 0, 0.8, 0.5), ("b", 1, 0.8, 0.5)]
    costly = runs(rows).assign(
        best_synops_per_inference=9.0, state=["done", "pruned"] + ["done"] * 2
    )
    assert leading_runs(costly, 9, directions=BOTH) == ["b0"]
    assert leading_runs(costly.head(2), 9, directions=BOTH) == ["a0"]


def test_what_the_leaders_cost_stands_beside_their_accuracy() -> None:
    costs = [12_000.0, 14_000.0, 3.0, 3.0]
    again = AGAIN.assign(best_synops_per_inference=costs)
    table = confirmed(SEARCHED, again, SAME, ["synops_per_inference"])
    assert list(table["synops_per_inference_mean"]) == [3.0, 13_000.0]
    shown = readable_confirmation(table)["synops per inference"]
    assert shown.loc["b"] == "3 (3 and 3)" and shown.loc["c"] == "13,000 (12,000 and 14,000)"


def test_a_pruned_run_leads_nothing() -> None:
    pruned = SEARCHED.assign(state=["done", "pruned", "done"])
    assert leading_runs(pruned, 1) == ["c0"]


def test_the_order_is_that_of_the_search_not_of_the_confirmation() -> None:
    table = confirmed(SEARCHED, AGAIN, SAME)
    assert list(table.index) == ["b", "c"]
    assert list(table["rank"]) == [1, 2]
    assert list(table["searched_val_accuracy"]) == [0.95, 0.93]


def test_leaders_that_are_trained_otherwise_stand_beside_what_the_search_said_of_them() -> None:
    longer = AGAIN.assign(group_id=AGAIN["group_id"] + "-longer")
    table = confirmed(SEARCHED, longer, {"b-longer": "b", "c-longer": "c"})
    assert list(table.index) == ["b-longer", "c-longer"]
    assert list(table["rank"]) == [1, 2]
    assert list(table["searched_val_accuracy"]) == [0.95, 0.93]


def test_the_interval_is_students() -> None:
    row = confirmed(SEARCHED, AGAIN, SAME).loc["c"]
    assert row["n"] == 2
    assert row["test_accuracy_mean"] == pytest.approx(0.85)
    low, high = stats.t.interval(0.95, 1, loc=0.85, scale=stats.sem([0.8, 0.9]))
    assert row["test_accuracy_half_width"] == pytest.approx((high - low) / 2)


def test_one_seed_has_no_interval() -> None:
    table = confirmed(SEARCHED, AGAIN[AGAIN["seed"] == 1], SAME)
    assert math.isnan(table.loc["b", "test_accuracy_half_width"])
    assert list(readable_confirmation(table)["test accuracy (%)"]) == ["70.00", "80.00"]


def test_people_read_percent_with_the_half_width() -> None:
    shown = readable_confirmation(confirmed(SEARCHED, AGAIN, SAME))
    assert list(shown["code"]) == ["B", "C"]
    assert shown["test accuracy (%)"].iloc[1] == "85.00 (80.00 and 90.00)"
