"""What sweeps were asked for shows in the tables of their runs: searched keys, and limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from analysis.data.groups import best_run
from analysis.data.origins.plans import (
    aims_of,
    directions_of,
    keep_plans,
    limits_of,
    searched_by_log,
    searched_params,
)
from analysis.data.runs import list_sweeps
from analysis.data.standing.limits import counts_by_state
from analysis.errors import AnalysisError
from analysis.records import KIND_SWEEP, State, Tag
from analysis.report.tables import ended_early, summarise
from analysis.store.record import RunRecord
from tests.analysis_tests.conftest import Store

RunsOf = Callable[[list[dict[str, Any]]], pd.DataFrame]
SPEC = """
search: {lr: {loguniform: [1e-3, 1e-2]}, hidden: [4, 8]}
constraints: {synops_per_inference: <= 5000, val_accuracy: '>= 0.9'}
"""


def launch(spec: str) -> RunRecord:
    tags = {Tag.KIND: KIND_SWEEP, Tag.SPEC: spec}
    return RunRecord("p", "s", "s 1", "FINISHED", 0, 1, {}, tags, {})


def over(group: str, accuracy: float, synops: float) -> dict[str, Any]:
    why = f"breaks a limit: synops_per_inference is {synops:g}, val_accuracy is {accuracy:g}"
    costs = {"best_val_accuracy": accuracy, "best_synops_per_inference": synops}
    return {"group": group, "state": State.PRUNED, "error": why, **costs}


def test_where_nothing_keeps_the_limits_it_is_told_with_what_came_nearest(runs_of: RunsOf) -> None:
    rows = [over("a", 0.95, 9000), over("a", 0.95, 9200), over("b", 0.5, 5500), over("c", 0.8, 100)]
    runs = runs_of([*rows, {"group": "d", "state": State.FAILED}])
    told = "3 configurations finished, and none keeps the limits of its sweep"
    with pytest.raises(AnalysisError, match=f"^{told}$"):
        best_run(runs)
    keep_plans(runs, [launch(SPEC)])
    with pytest.raises(AnalysisError) as refused:
        best_run(runs)
    assert str(refused.value) == (
        "3 configurations finished, and none keeps synops_per_inference <= 5000, val_accuracy >= "
        "0.9; the nearest breaks a limit: synops_per_inference is 100, val_accuracy is 0.8"
    )


def test_one_configuration_that_keeps_the_limits_leads(runs_of: RunsOf) -> None:
    runs = runs_of([over("a", 0.95, 9000), {"group": "b"}])
    assert best_run(runs)["group_id"] == "b"


def test_trials_over_a_limit_are_not_counted_with_those_that_a_scheduler_pruned(
    runs_of: RunsOf,
) -> None:
    pruned = {"group": "c", "state": State.PRUNED, "error": "epoch 3: not among the best"}
    runs = runs_of([over("a", 0.95, 9000), over("b", 0.5, 5500), pruned, {"group": "d"}])
    assert counts_by_state(runs).to_dict() == {"over a limit": 2, "pruned": 1, "done": 1}


def test_the_list_tells_how_many_trials_break_a_limit(store: Store) -> None:
    why = {Tag.PRUNED: "breaks a limit: val_loss is 2"}
    store.trial("s", "a-0", State.DONE, tags=why)
    store.trial("s", "b-0", State.PRUNED, tags={Tag.PRUNED: "epoch 3: not among the best"})
    (row,) = list_sweeps().to_dict("records")
    assert (row["done"], row["pruned"], row["over_a_limit"]) == (0, 2, 1)


def test_a_table_of_one_configuration_shows_what_was_searched(runs_of: RunsOf) -> None:
    rows = [{"group": "a", "lr": 0.002, "hidden": 4, "epochs": 9, "seed": seed} for seed in (0, 1)]
    runs = runs_of(rows)
    keep_plans(runs, [launch(SPEC)])
    assert list(summarise(runs).columns[:3]) == ["hidden", "lr", "n"]
    pruned = runs.assign(state=State.PRUNED, error="epoch 3: not among the best")
    pruned.attrs = runs.attrs
    assert set(ended_early(pruned).columns) == {"hidden", "lr", "seeds", "why"}


@pytest.mark.parametrize(
    "text", ["", "search: [", "- a", "search: 3", "points: [1]", "constraints: x", "&a [*a]"]
)
def test_what_is_no_specification_says_nothing(runs_of: RunsOf, text: str) -> None:
    runs = runs_of([{"group": "a"}])
    keep_plans(runs, [launch(text)])
    assert searched_params(runs) == limits_of(runs) == aims_of(runs) == []
    assert directions_of(runs) == {}


def test_a_table_tells_the_metrics_that_were_searched_or_limited(runs_of: RunsOf) -> None:
    measured = {"best_spikes_per_inference": 3.0, "best_synops_per_inference": 9.0}
    runs = runs_of([{"group": "a", **measured}])
    for metric in ("{val_accuracy: max, spikes_per_inference: min}", "spikes_per_inference"):
        keep_plans(runs, [launch(f"metric: {metric}\nconstraints: {{synops_per_inference: <= 9}}")])
        assert aims_of(runs) == ["spikes_per_inference", "synops_per_inference"]
    without = runs.drop(columns=list(measured))
    without.attrs = runs.attrs
    assert aims_of(without) == []


TWO = "metric: {val_accuracy: max, synops_per_inference: min}"


@pytest.mark.parametrize(
    ("metrics", "there_are"),
    [
        ([TWO], True),
        ([TWO, "metric: val_loss", "metric: {val_loss: min}", "name: s-confirm"], True),
        ([TWO, "metric: {val_accuracy: max, spikes_per_inference: min}"], False),
        (["metric: {synops_per_inference: min}"], False),
        (["metric: {val_accuracy: max, test_accuracy: max}"], False),
        (["metric: {val_accuracy: max, synops_per_inference: [min]}"], False),
    ],
)
def test_a_front_is_of_the_metrics_that_all_searches_for_several_had(
    runs_of: RunsOf, metrics: list[str], there_are: bool
) -> None:
    runs = runs_of([{"group": "a", "best_synops_per_inference": 9.0}])
    keep_plans(runs, [launch(told) for told in metrics])
    expected = {"val_accuracy": "max", "synops_per_inference": "min"} if there_are else {}
    assert directions_of(runs) == expected
    without = runs.drop(columns="best_synops_per_inference")
    without.attrs = runs.attrs
    assert directions_of(without) == {}


def test_a_table_tells_the_scale_on_which_a_number_was_searched(runs_of: RunsOf) -> None:
    runs = runs_of([{"group": "a"}])
    keep_plans(runs, [launch(SPEC), launch("search: {beta: {float: [0, 1]}, tau: {int: [1, 9]}}")])
    asked = {name: searched_by_log(runs, name) for name in ("lr", "hidden", "beta", "tau", "dt")}
    assert asked == {"lr": True, "hidden": None, "beta": False, "tau": False, "dt": None}


def test_of_points_what_has_one_value_was_not_searched(runs_of: RunsOf) -> None:
    """A confirmation lists whole leaders, with all that its search had set."""
    runs = runs_of([{"group": "a", "hidden": 4, "lr": 0.1, "beta": 2.0}])
    keep_plans(runs, [launch("points: [{hidden: 4, lr: 0.1, beta: 2.0}, {hidden: 8, lr: 0.1}]")])
    assert searched_params(runs) == ["hidden"]
    keep_plans(runs, [launch("points: [{lr: 0.1}]")])
    assert searched_params(runs) == ["lr"]
