"""Accuracy against cost: the front is the right one, and its members are named."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.data.groups import leader_numbers
from analysis.errors import AnalysisError
from analysis.figures import accuracy_by_synops
from analysis.records import ENERGY
from tests.analysis_tests.figures.reading import (
    RunsOf,
    labelled_lines,
    legend,
    note,
    points,
    texts,
)


def run(group: str, cost: float, validation: float, test: float, **more: Any) -> dict[str, Any]:
    return {
        "group": group,
        "dynamics": "lif",
        "recurrent": False,
        "hidden": int(cost),
        "best_synops_per_inference": cost,
        "best_val_accuracy": validation,
        "test_accuracy": test,
        **more,
    }


ROWS = [
    run("a", 100, 0.5, 0.55),
    run("b", 1000, 0.8, 0.7),
    run("c", 1100, 0.7, 0.9),  # best in the test, but validation knows better
    run("d", 9000, 0.9, 0.85, dynamics="alif"),
    run("m", 50, 0.95, 0.96, dynamics="mlp", recurrent=None),
]


def test_energies_can_be_compared_so_the_baseline_has_a_front_too(runs_of: RunsOf) -> None:
    rows = [row | {"energy_per_inference": row["best_synops_per_inference"] / 1e3} for row in ROWS]
    rows += [run("n", 2, 0.5, 0.4, dynamics="mlp", recurrent=None, energy_per_inference=0.001)]
    figure = accuracy_by_synops(runs_of(rows), cost=ENERGY)
    lines = labelled_lines(figure.axes[0])
    assert points(lines["front of the MLPs"]) == [(0.001, 40), (0.05, 96)]
    assert len(points(lines["front, by validation"])) == 3
    assert "0.9 pJ an addition, 3.7 pJ a multiplication" in note(figure)
    assert "MLP" in legend(figure) and legend(figure)[-1].endswith("85.0 % at 9 nJ")
    apart = legend(accuracy_by_synops(runs_of(rows)))
    assert "MLP, multiply-accumulates" in apart and "front of the MLPs" not in apart


def test_mlps_of_black_and_white_pixels_have_a_front_of_their_own(runs_of: RunsOf) -> None:
    grey = run("m", 9, 0.8, 0.8, dynamics="mlp", recurrent=None, pixel_threshold=0.0)
    binary = [run(f"n{n}", n, n / 10, n / 10, dynamics="mlp", pixel_threshold=0.3) for n in (7, 8)]
    rows = [ROWS[0], grey, *binary]
    priced = [row | {"energy_per_inference": row["best_synops_per_inference"]} for row in rows]
    lines = labelled_lines(accuracy_by_synops(runs_of(priced), cost=ENERGY).axes[0])
    assert points(lines["front of the MLPs"]) == [(9, 80)]
    assert points(lines["front of these MLPs"]) == [(7, 70), (8, 80)]
    markers = [lines[name].get_marker() for name in ("MLP", "MLP, black and white pixels")]
    assert markers == ["x", "+"]


def test_validation_decides_who_is_on_the_front_and_the_test_is_shown(runs_of: RunsOf) -> None:
    figure = accuracy_by_synops(runs_of(ROWS))
    axes = figure.axes[0]
    front = labelled_lines(axes)["front, by validation"]
    assert points(front) == [
        (100, pytest.approx(55)),
        (1000, pytest.approx(70)),
        (9000, pytest.approx(85)),
    ]
    assert texts(axes) == ["5", "3", "2"]  # of the leaders, whatever the cost
    assert legend(figure)[-3:] == [
        "LIF / 100 neurons\n55.0 % at 100",
        "LIF / 1000 neurons\n70.0 % at 1,000",
        "ALIF / 9000 neurons\n85.0 % at 9,000",
    ]
    assert axes.get_xscale() == "log"
    assert "5 configurations, one seed each" in note(figure)


def test_presets_have_panels_with_fronts_of_their_own_and_the_numbers_of_the_leaders(
    runs_of: RunsOf,
) -> None:
    mended = [row | {"preset": "default"} for row in ROWS[:4]]
    published = [
        run("x", 100, 0.9, 0.88, preset="published", hidden=8),
        run("y", 200, 0.5, 0.45, preset="published", hidden=16),
    ]
    figure = accuracy_by_synops(runs_of([*mended, *published]))
    assert [axes.get_title("left") for axes in figure.axes] == [
        "default preset",
        "published preset",
    ]
    for axes, front in zip(figure.axes, ([55, 70, 85], [88]), strict=True):
        line = points(labelled_lines(axes)["front, by validation"])
        assert [y for _, y in line] == pytest.approx(front)
    numbers = leader_numbers(runs_of([*mended, *published]))
    assert sorted(numbers.values()) == [1, 2, 3, 4, 5, 6]
    assert [texts(axes) for axes in figure.axes] == [
        [str(numbers[group]) for group in groups] for groups in ("abd", "x")
    ]
    assert legend(figure).count("front, by validation") == 1
    assert legend(figure)[-1].split() == ["8", "neurons", "88.0", "%", "at", "100"]


def test_the_baseline_stands_apart(runs_of: RunsOf) -> None:
    lines = labelled_lines(accuracy_by_synops(runs_of(ROWS)).axes[0])
    baseline = lines["MLP, multiply-accumulates"]
    assert points(baseline) == [(50, pytest.approx(96))]
    assert baseline.get_marker() == "x"
    assert {name for name in lines if name.startswith(("LIF", "ALIF"))} == {"LIF ff", "ALIF ff"}


def test_runs_that_did_not_count_operations_are_refused_by_name(runs_of: RunsOf) -> None:
    with pytest.raises(AnalysisError, match="have no best_synops_per_inference"):
        accuracy_by_synops(runs_of([{"group": "a", "dynamics": "lif"}]))


def test_of_a_search_over_many_params_the_members_are_named_by_what_readers_ask_for(
    runs_of: RunsOf,
) -> None:
    tuned = {"lr": 0.1, "tau_mem": 2.0, "tau_out": 3.0, "dropout": 0.2, "weight_decay": 0.4}
    rows = [
        {
            "group": str(n),
            "dynamics": "lif",
            "hidden": 8 * n,
            "best_synops_per_inference": 100.0 * n,
        }
        | {name: value * n for name, value in tuned.items()}
        | {"best_val_accuracy": 0.8 + n / 100}
        for n in (1, 2)
    ]
    figure = accuracy_by_synops(runs_of(rows))
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert [label.split("\n")[0] for label in labels[-2:]] == ["8 neurons", "16 neurons"]


def test_of_a_long_front_at_most_eight_are_named_and_that_is_said(runs_of: RunsOf) -> None:
    rows = [run(f"g{n}", 100 * 1.2**n, 0.5 + n / 100, 0.5 + n / 100) for n in range(25)]
    figure = accuracy_by_synops(runs_of(rows))
    numbers = texts(figure.axes[0])
    assert len(numbers) == 8 and (numbers[0], numbers[-1]) == ("25", "1")
    assert "counts the leaders: 8 of the 25 on the front" in note(figure)
    assert len(points(labelled_lines(figure.axes[0])["front, by validation"])) == 25


def test_the_line_is_of_steps_and_leaves_out_a_network_that_hardly_fires(runs_of: RunsOf) -> None:
    silent = run("silent", 1, 0.11, 0.113)
    falls = run("e", 20_000, 0.91, 0.8)  # chosen by validation, and worse in the test
    figure = accuracy_by_synops(runs_of([silent, *ROWS, falls]))
    front = labelled_lines(figure.axes[0])["front, by validation"]
    assert [x for x, _ in points(front)] == [100, 1000, 9000, 20_000]
    assert front.get_drawstyle() == "steps-post"  # between two members, the cheaper is the best
    assert "front by validation accuracy" in note(figure) and "which may fall" in note(figure)
    told = "not on a front: 1 network that no other beats, below half of the best validation"
    assert told in note(figure)
    assert "not on a front" not in note(accuracy_by_synops(runs_of([*ROWS, falls])))
