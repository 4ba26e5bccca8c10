"""Parallel coordinates: a line per configuration, an axis per param that varies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from analysis.errors import AnalysisError
from analysis.figures import parallel_coordinates
from tests.analysis_tests.figures.reading import RunsOf, note, texts, ticks


def rows() -> list[dict[str, Any]]:
    return [
        {
            "group": f"g{number}",
            "dataset": "mnist",
            "dynamics": "alif" if number % 2 else "lif",
            "learn_beta": number == 1 if number % 2 else None,
            "hidden": 32 * (number + 1),
            "lr": 10.0 ** (number - 4),
            "best_val_accuracy": 0.5 + number / 10,
        }
        for number in range(4)
    ]


@dataclass(frozen=True)
class Line:
    """One configuration: its height at every axis, and how thick it is."""

    heights: list[float]
    width: float


def lines(figure: Figure) -> list[Line]:
    """Those of the configurations, as they are drawn: the last on top."""
    found = [one for one in figure.axes[0].collections if isinstance(one, LineCollection)]
    return [
        Line([float(height) for _, height in segment], float(one.get_linewidth()[0]))
        for one in sorted(found, key=lambda one: float(one.get_zorder()))
        for segment in one.get_segments()
    ]


def test_every_configuration_crosses_every_axis(runs_of: RunsOf) -> None:
    figure = parallel_coordinates(runs_of(rows()))
    assert ticks(figure.axes[0], "x") == ["dynamics", "hidden", "learn_beta", "lr"]
    assert [len(line.heights) for line in lines(figure)] == [4] * 4
    of_hidden = [line.heights[1] for line in lines(figure)]
    assert of_hidden == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert figure.axes[1].get_ylabel() == "Validation accuracy (%)"


def test_a_learning_rate_is_logarithmic_and_a_missing_value_is_a_category(
    runs_of: RunsOf,
) -> None:
    figure = parallel_coordinates(runs_of(rows()))
    assert [line.heights[3] for line in lines(figure)] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert {"0.0001", "0.001", "0.01", "0.1", "–", "learned β", "ALIF", "96"} <= set(
        texts(figure.axes[0])
    )
    assert "–: has no effect" in note(figure)


def test_lines_of_a_category_lie_side_by_side(runs_of: RunsOf) -> None:
    heights = [line.heights[0] for line in lines(parallel_coordinates(runs_of(rows())))]
    assert len(set(heights)) == 4
    assert all(min(abs(height), abs(1 - height)) < 0.26 for height in heights)


def test_the_best_lies_on_top_and_the_best_by_validation_is_thick(runs_of: RunsOf) -> None:
    by_validation = lines(parallel_coordinates(runs_of(rows())))
    assert [line.width for line in by_validation] == [1.0, 1.0, 1.0, 2.6]
    costs = [row | {"best_val_loss": 1 + row["best_val_accuracy"]} for row in rows()]
    cheapest_last = lines(parallel_coordinates(runs_of(costs), "best_val_loss"))
    assert [line.heights[1] for line in cheapest_last[:3]] == pytest.approx([2 / 3, 1 / 3, 0])


def test_runs_that_are_all_the_same_are_refused(runs_of: RunsOf) -> None:
    with pytest.raises(AnalysisError, match=r"no param varies among 1 configuration$"):
        parallel_coordinates(runs_of(rows()[:1]))


def test_of_many_params_the_eight_that_explain_most_are_axes(runs_of: RunsOf) -> None:
    found = [
        {"group": f"g{n}", "best_val_accuracy": n / 40, "lr": 0.001 + n / 1000}
        | {f"p{k:02}": (n * (k + 3)) % 7 for k in range(12)}
        for n in range(40)
    ]
    figure = parallel_coordinates(runs_of(found))
    axes = ticks(figure.axes[0], "x")
    assert len(axes) == 8 and axes[0] == "lr"
    assert "the 8 of 11 params that explain most of the ranks, each alone" in note(figure)
    assert {"0.003", "0.01", "0.03"} <= set(texts(figure.axes[0]))  # round, not the ends
