"""Figures of one network show the leader that was asked for."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

from analysis.data.groups import best_run
from analysis.errors import AnalysisError
from analysis.figures import FIGURES, FigureKind, Options, Source
from analysis.records import State
from analysis.report.front import leading
from tests.analysis_tests.conftest import make_runs

ACCURACIES = {"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.99}  # of d, a seed is missing
ROWS: list[dict[str, Any]] = [
    {
        "run_id": group * 8,
        "group": group,
        "seed": 1,
        "hidden": at,
        "best_val_accuracy": accuracy,
        "dynamics": "mlp" if group == "a" else "lif",
    }
    for at, (group, accuracy) in enumerate(ACCURACIES.items())
]
FAILED = {**ROWS[-1], "run_id": "lacking", "seed": 2, "state": State.FAILED}
RUNS = make_runs([*ROWS, FAILED])


class _AskedError(Exception):
    """Names the run whose network or matrix a figure asks for."""


def _asked(run_id: str) -> NoReturn:
    raise _AskedError(run_id)


SOURCE = Source(runs=RUNS, history=lambda *_: RUNS, confusion=_asked, activity=_asked)


@pytest.mark.parametrize("kind", [kind for kind in FIGURES.values() if kind.of_leader])
def test_it_is_the_leader_of_that_place_or_the_best_that_can_be_shown(kind: FigureKind) -> None:
    first = "a" if kind.name == "confusion" else "b"  # an MLP has no spikes to show
    for leader, group in {None: first, 1: "a", 2: "b", 4: "d"}.items():
        with pytest.raises(_AskedError, match=f"^{group * 8}$"):
            kind.draw(SOURCE, Options(leader=leader))
    for beyond in (0, 5):
        with pytest.raises(AnalysisError, match=f"leader {beyond}: there are 4 leaders"):
            kind.draw(SOURCE, Options(leader=beyond))


def test_all_figures_of_one_network_take_a_leader() -> None:
    assert {kind.name for kind in FIGURES.values() if kind.of_leader} == {
        "confusion",
        "pipeline",
        "raster",
    }


def test_places_are_those_of_the_table_of_leaders() -> None:
    order = [best_run(RUNS, place)["group_id"] for place in (1, 2, 3, 4)]
    assert order == list(leading(RUNS).index) == ["a", "b", "c", "d"]
