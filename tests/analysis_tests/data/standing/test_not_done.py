"""What still trains and is ahead of all that is done."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from analysis.data.groups import best_run
from analysis.data.origins.plans import keep_plans
from analysis.data.standing.not_done import ahead_of_all_done
from analysis.errors import AnalysisError
from analysis.records import KIND_SWEEP, State, Tag
from analysis.store.record import RunRecord

RunsOf = Callable[[list[dict[str, Any]]], pd.DataFrame]


def row(group: str, state: str, value: float, seeds: int = 1, synops: float = 9) -> dict[str, Any]:
    """A run whose latest epoch, or best if it is done, has this validation accuracy."""
    metrics = {"val_accuracy": value, "best_val_accuracy": math.nan}
    if state == State.DONE:
        metrics = {"val_accuracy": 0.0, "best_val_accuracy": value}
    return {"group": group, "state": state, "seeds_asked": seeds, **metrics,
            "synops_per_inference": synops}  # fmt: skip


@pytest.mark.parametrize(("running", "ahead"), [(0.91, True), (0.9, False), (math.nan, False)])
def test_what_trains_is_ahead_if_it_is_better_now_than_all_that_are_done(
    runs_of: RunsOf, running: float, ahead: bool
) -> None:
    ends = (State.PRUNED, State.FAILED, State.INTERRUPTED)
    rows = [row("a", State.DONE, 0.9), row("b", State.RUNNING, running)]
    rows += [row(end, end, 0.99) for end in ends]
    found = ahead_of_all_done(runs_of(rows))
    assert bool(found) == ahead
    if found:
        assert (found.run_id, found.seeds, found.val_accuracy) == ("run1", 1, 0.91)
    assert best_run(runs_of(rows))["group_id"] == "a"  # only what is done is the best


def test_all_its_seeds_have_reported_and_the_others_of_it_may_be_done(runs_of: RunsOf) -> None:
    rows = [row("a", State.DONE, 0.9, 2), row("a", State.RUNNING, 0.8, 2)]
    found = ahead_of_all_done(runs_of(rows))
    assert found and found.seeds == 2 and found.val_accuracy == pytest.approx(0.85)
    assert "85.00 % at its latest epoch, mean of 2 seeds (MLflow run run1)" in str(found)
    assert ahead_of_all_done(runs_of(rows[1:])) is None  # one seed has not begun
    pruned = [*rows[1:], row("a", State.PRUNED, 0.9, 2)]
    assert ahead_of_all_done(runs_of(pruned)) is None


def test_while_nothing_is_done_the_error_names_it(runs_of: RunsOf) -> None:
    runs = runs_of([row("a", State.RUNNING, 0.5), row("b", State.RUNNING, 0.7)])
    with pytest.raises(AnalysisError, match=r"2 running; ahead, not done yet: .* 70.00 % .* run1"):
        best_run(runs)


def test_what_breaks_a_limit_is_not_ahead(runs_of: RunsOf) -> None:
    runs = runs_of([row("a", State.RUNNING, 0.5), row("b", State.RUNNING, 0.7, synops=51)])
    spec = {Tag.KIND: KIND_SWEEP, Tag.SPEC: "constraints: {synops_per_inference: <= 50}"}
    keep_plans(runs, [RunRecord("p", "s", "s 1", "FINISHED", 0, 1, {}, spec, {})])
    found = ahead_of_all_done(runs)
    assert found and found.run_id == "run0"
