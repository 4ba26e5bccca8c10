"""What searches reach at the same cost, and the comparison of kinds of networks over searches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from analysis.errors import AnalysisError
from analysis.records import ENERGY
from analysis.stats.compare.costs import cost_column, round_costs
from analysis.stats.compare.fronts import COST, at_equal_cost, reached, readable_fronts
from analysis.stats.correction import holm
from analysis.stats.margins import Margin

RunsOf = Callable[[list[dict[str, Any]]], pd.DataFrame]


def run(search: str, cost: float, validation: float, test: float, **given: Any) -> dict[str, Any]:
    group = given.pop("group", f"{search}{cost}{validation}")
    metrics = {COST: cost, "best_val_accuracy": validation, "test_accuracy": test}
    return {"sweep": search, "group": group, **metrics, **given}


def test_of_what_is_cheap_enough_validation_chooses_and_the_test_set_does_not(
    runs_of: RunsOf,
) -> None:
    found = reached(
        runs_of(
            [
                run("a", 10, 0.7, 0.71),
                run("a", 20, 0.8, 0.60),
                run("a", 20, 0.7, 0.99),
                run("a", 30, 0.9, 0.91),
                run("b", 5, 0.5, 0.50),
            ]
        ),
        [10, 29, 30],
    )
    assert found.to_dict("index") == {
        "a": {10: 0.71, 29: 0.60, 30: 0.91},
        "b": {10: 0.50, 29: 0.50, 30: 0.50},
    }


def test_of_several_seeds_the_means_count(runs_of: RunsOf) -> None:
    runs = runs_of(
        [
            run("a", 10, 0.90, 0.9, group="x", seed=0),
            run("a", 30, 0.80, 0.7, group="x", seed=1),
            run("a", 20, 0.84, 0.6, group="y", seed=0),
        ]
    )
    assert reached(runs, [20]).loc["a", 20] == pytest.approx(0.8)
    with pytest.raises(AnalysisError, match=r"a has nothing for 19 of synops_per.* from 20 on"):
        reached(runs, [19])


def searches(runs_of: RunsOf, values: np.ndarray) -> pd.DataFrame:
    """Searches with these test accuracies at costs of 1, 2, … (a row is a search)."""
    rows = [
        run(f"s{search}", cost, cost / 10, test)
        for search, tests in enumerate(values)
        for cost, test in enumerate(tests, start=1)
    ]
    return runs_of(rows)


def test_the_intervals_over_searches_are_those_of_welch(runs_of: RunsOf) -> None:
    generator = np.random.default_rng(0)
    values = [
        generator.normal(mean, spread, (n, 2))
        for mean, spread, n in ((0.9, 0.01, 3), (0.92, 0.03, 5))
    ]
    first, second = (searches(runs_of, each) for each in values)
    table = at_equal_cost({"MLP": first, "spiking": second, "again": first}, [1, 2], margin=0.03)
    assert table["level"].tolist() == ["spiking", "again"] * 2
    assert set(table["cost"]) == {"synops_per_inference"}  # as a user names it
    p_values = []
    for row in table.itertuples():
        baseline, level = values[0], values[1] if row.level == "spiking" else values[0]
        there = int(row.at_most) - 1
        known = stats.ttest_ind(level[:, there], baseline[:, there], equal_var=False)
        both = CompareMeans(DescrStatsW(level[:, there]), DescrStatsW(baseline[:, there]))
        p_values.append((known.pvalue, both.ttost_ind(-0.03, 0.03, usevar="unequal")[0]))
        assert (row.low, row.high) == pytest.approx(tuple(known.confidence_interval()), abs=1e-12)
        assert row.mean_level - row.mean_baseline == pytest.approx(row.estimate)
        assert (row.n_baseline, row.n_level) == (3, len(level))
    for name, p in zip(("p_holm", "p_equivalence_holm"), zip(*p_values, strict=True), strict=True):
        assert table[name].tolist() == pytest.approx(holm(p).tolist())


def test_searches_that_all_reach_the_same_have_no_width(runs_of: RunsOf) -> None:
    one, other = (searches(runs_of, np.full((2, 1), value)) for value in (0.5, 0.6))
    (row,) = at_equal_cost({"one": one, "other": other}, [1]).itertuples()
    assert (row.low, row.high, row.p_holm) == pytest.approx((0.1, 0.1, 0.0))
    assert row.verdict == "higher"
    relative = Margin(0.25, relative=True)  # of errors of one half
    (same,) = at_equal_cost({"one": one, "again": one}, [1], margin=relative).itertuples()
    assert (same.margin, same.verdict) == (pytest.approx(0.125), "equivalent")


def test_one_search_of_a_kind_says_nothing_of_searches(runs_of: RunsOf) -> None:
    several = searches(runs_of, np.full((2, 1), 0.5))
    one = several[several["sweep"] == "s0"]
    with pytest.raises(AnalysisError, match="spiking has 1 search; an interval"):
        at_equal_cost({"MLP": several, "spiking": one}, [1])


KINDS = {"MLP": 0.9, "spiking": 0.875}


def test_a_reader_sees_percent_and_points(runs_of: RunsOf) -> None:
    kinds = {name: searches(runs_of, np.full((2, 1), value)) for name, value in KINDS.items()}
    (row,) = readable_fronts(at_equal_cost(kinds, [1])).to_dict("records")
    assert row["comparison"] == "MLP → spiking"
    assert row["test accuracy (%)"] == "90.00 → 87.50"
    assert row["difference (points)"] == "-2.50 [-2.50, -2.50]"
    assert row["searches"] == "2, 2"


def test_two_searches_are_said_to_tell_little(runs_of: RunsOf) -> None:
    kinds = {name: searches(runs_of, np.full((2, 1), value)) for name, value in KINDS.items()}
    note = readable_fronts(at_equal_cost(kinds, [1])).attrs["note"]
    assert "With 2 searches an interval is wide" in note


def test_round_costs_are_those_that_all_searches_have_and_no_kind_is_beyond(
    runs_of: RunsOf,
) -> None:
    def search(name: str, *fronts: tuple[float, float]) -> list[dict[str, Any]]:
        return [run(name, cost, accuracy, accuracy) for cost, accuracy in fronts]

    spiking = search("a", (3, 0.5), (700, 0.9), (9_000, 0.8)) + search("b", (40, 0.5), (400, 0.9))
    kinds = {"spiking": runs_of(spiking), "MLP": runs_of(search("c", (10, 0.5), (600, 0.9)))}
    assert round_costs(kinds, COST) == [50, 100, 200, 500]
    kinds["MLP"] = runs_of(search("c", (10, 0.5), (5_000, 0.9)))
    assert round_costs(kinds, COST) == [50, 200, 500, 1000, 5000]  # the first, the last, between
    kinds["MLP"] = runs_of(search("c", (610, 0.5), (690, 0.9)))
    assert round_costs(kinds, COST) == [700]  # no round one is between
    kinds["MLP"] = runs_of(search("c", (910, 0.9), (950, 0.5)))
    assert round_costs(kinds, COST) == [910]
    kinds["spiking"] = kinds["MLP"].assign(**{COST: 0.0})
    kinds["MLP"] = kinds["spiking"]
    with pytest.raises(AnalysisError, match="nothing below 0, and no search is most accurate"):
        round_costs(kinds, COST)


def test_costs_have_the_names_of_metrics() -> None:
    assert cost_column("synops_per_inference") == COST
    assert cost_column(ENERGY) == ENERGY
    with pytest.raises(
        AnalysisError, match=r"'synops' is none; did you mean synops_per_inference\?"
    ):
        cost_column("synops")
