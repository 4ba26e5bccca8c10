"""Configurations are ranked by the mean of their seeds, and what is whole comes first."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.data.groups import group_runs
from analysis.data.runs import tidy
from analysis.data.standing.whole import partial_groups
from analysis.records import State, Tag
from analysis.store.record import RunRecord
from tests.analysis_tests.conftest import make_runs


def rows(group: str, accuracies: list[float], **others: Any) -> list[dict[str, Any]]:
    """The seeds of a configuration that are done."""
    return [
        {"group": group, "seed": seed, "best_val_accuracy": value, "seeds_asked": 3, **others}
        for seed, value in enumerate(accuracies)
    ]


def order(*runs: list[dict[str, Any]]) -> list[str]:
    return list(group_runs(make_runs([row for part in runs for row in part]), []).index)


def test_the_best_mean_comes_first() -> None:
    good, lucky = rows("good", [0.9, 0.9, 0.9]), rows("lucky", [0.99, 0.8, 0.8])
    assert order(lucky, good) == ["good", "lucky"]


@pytest.mark.parametrize("state", [State.PRUNED, State.FAILED, State.RUNNING, State.INTERRUPTED])
def test_a_configuration_with_a_seed_that_is_not_done_comes_after_all_that_are_whole(
    state: str,
) -> None:
    best = rows("best", [0.99, 0.99])
    ended = [{"group": "best", "seed": 2, "state": state, "seeds_asked": 3}]
    assert order(best, ended, rows("whole", [0.5, 0.5, 0.5])) == ["whole", "best"]


def test_so_does_one_of_which_a_seed_has_not_begun() -> None:
    assert order(rows("early", [0.99]), rows("whole", [0.5, 0.5, 0.5])) == ["whole", "early"]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=4), st.integers(1, 3))
def test_whole_is_what_has_as_many_seeds_as_its_sweep_asks_for(done: list[int], n: int) -> None:
    configurations = [rows(f"g{k}", [0.5] * m, seeds_asked=n) for k, m in enumerate(done) if m]
    runs = make_runs([row for part in configurations for row in part] or rows("g", [0.5] * 3))
    few = {f"g{k}" for k, m in enumerate(done) if 0 < m < n}
    assert set(partial_groups(runs)) == few


@pytest.mark.parametrize(
    ("told", "asked"), [("3", 3), (None, 1), ("-1", 1), ("²", 1), ("9" * 40, 1)]
)
def test_how_many_seeds_a_sweep_asks_for_is_read_from_its_runs(
    told: str | None, asked: int
) -> None:
    tags = {Tag.KIND: "trial", Tag.STATE: State.DONE} | ({Tag.SEEDS: told} if told else {})
    run = RunRecord("r", "s", "n", "FINISHED", 0, 1, {"seed": "0"}, tags, {})
    assert tidy([run])["seeds_asked"].tolist() == [asked]
