"""Which of the leaders of a search for several metrics are on its front."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from pandas.testing import assert_frame_equal

from analysis.data.committed import committed
from analysis.data.origins.plans import keep_plans
from analysis.data.runs import load_runs
from analysis.records import KIND_SWEEP, State, Tag
from analysis.report.front import leading
from analysis.report.tables import for_readers, summarise
from analysis.store.record import RunRecord

RunsOf = Callable[[list[dict[str, Any]]], pd.DataFrame]
SPEC = "metric: {val_accuracy: max, synops_per_inference: min}"


def row(group: str, accuracy: float, synops: float, **more: Any) -> dict[str, Any]:
    told = {"best_val_accuracy": accuracy, "best_synops_per_inference": synops, "seed": 0}
    return {"group": group, "code": group, **told, **more}


def marks(runs: pd.DataFrame, spec: str = SPEC) -> pd.DataFrame:
    tags = {Tag.KIND: KIND_SWEEP, Tag.SPEC: spec}
    keep_plans(runs, [RunRecord("p", "s", "s 1", "FINISHED", 0, 1, {}, tags, {})])
    return leading(runs)


def test_what_no_other_dominates_is_marked_though_it_is_equal_to_another(runs_of: RunsOf) -> None:
    rows = [row("a", 0.9, 50), row("b", 0.8, 60), row("c", 0.7, 10), row("d", 0.7, 10)]
    table = marks(runs_of(rows))
    assert table["front"].to_dict() == {"a": True, "b": False, "c": True, "d": True}
    assert table.attrs["front"] == (
        "front: true where no other configuration is at least as good in val_accuracy (max) and "
        "synops_per_inference (min), and better in one of them; 3 of 4 are on the front."
    )
    names = list(table)
    assert names[names.index("n") + 1 :][:2] == ["front", "val_accuracy_mean"]
    assert list(for_readers(table, 2)["front"]) == [True, False]  # of all, not of the first


def test_a_configuration_that_lacks_a_seed_is_not_on_the_front(runs_of: RunsOf) -> None:
    whole = [row("a", 0.8, 50, seed=seed) for seed in (0, 1)]
    lucky = [row("b", 0.9, 5), row("b", 0.1, 5, seed=1, state=State.PRUNED)]
    assert marks(runs_of([*whole, *lucky]))["front"].to_dict() == {"a": True, "b": False}
    assert marks(runs_of(lucky))["front"].to_dict() == {"b": True}


def test_each_dataset_has_a_front_of_its_own(runs_of: RunsOf) -> None:
    rows = [row("a", 0.9, 5, dataset="mnist"), row("b", 0.5, 50, dataset="fashion_mnist")]
    table = marks(runs_of(rows))
    assert table["front"].all()
    assert "no other configuration of the same dataset is" in table.attrs["front"]


def test_a_sweep_for_one_metric_has_no_column_more(runs_of: RunsOf) -> None:
    runs = runs_of([row("a", 0.9, 50), row("b", 0.8, 60)])
    for spec in ("metric: synops_per_inference", "metric: {val_accuracy: max}"):
        table = marks(runs, spec)
        assert_frame_equal(table, summarise(runs))
        assert table.attrs == summarise(runs).attrs


def test_of_a_committed_search_the_front_is_found_without_its_order() -> None:
    table = leading(load_runs([committed("best/efficient-mnist")]))
    by_cost = table.sort_values("synops_per_inference_mean")
    best = by_cost["val_accuracy_mean"].cummax().shift(fill_value=0)
    assert list(by_cost.index[by_cost["front"]]) == list(
        by_cost.index[by_cost["val_accuracy_mean"] > best]
    )
    assert 8 < table["front"].sum() < len(table)
