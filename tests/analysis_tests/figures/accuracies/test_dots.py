"""Dots: every group has a row, on an axis that shows the differences."""

from __future__ import annotations

import pytest

from analysis.figures import accuracy_dots
from tests.analysis_tests.figures.accuracies.test_bars import published_grid
from tests.analysis_tests.figures.reading import RunsOf, legend, note, points, texts, ticks


def test_rows_are_groups_and_the_axis_shows_how_they_differ(runs_of: RunsOf) -> None:
    rows = [row | {"test_accuracy": 0.96 + row["test_accuracy"] / 100} for row in published_grid(3)]
    axes = accuracy_dots(runs_of(rows)).axes[0]
    low, high = axes.get_xlim()
    assert 95 < low < high < 98
    assert len(texts(axes)) == 16
    assert ticks(axes, "y")[0] == "LIF / rec / periodic" and len(ticks(axes, "y")) == 8


def test_rows_begin_with_the_best_and_what_was_not_run_takes_no_place(runs_of: RunsOf) -> None:
    """Dots of one row are nearer to each other than to those of the next."""
    rows = [
        {"group": "a", "encoding": "latency", "hidden": 64, "test_accuracy": 0.95},
        {"group": "b", "encoding": "periodic", "hidden": 64, "test_accuracy": 0.96},
        {"group": "c", "encoding": "periodic", "hidden": 128, "test_accuracy": 0.97},
        {"group": "d", "encoding": "constant", "hidden": 128, "test_accuracy": 0.961},
    ]
    axes = accuracy_dots(runs_of(rows)).axes[0]
    assert ticks(axes, "y") == ["periodic", "constant", "latency"]
    (x1, y1), (x2, y2), (x3, y3), (x4, y4) = (
        xy for line in axes.lines for xy in points(line) if len(points(line)) == 1
    )
    assert (x1, x2, x3, x4) == (96, 97, pytest.approx(96.1), 95)
    assert y2 - y1 < y3 - y2 == pytest.approx(y4 - y3)
    assert texts(axes) == ["96.00", "97.00", "96.10", "95.00"]  # within three points


def test_numbers_stand_in_their_order(runs_of: RunsOf) -> None:
    rows = [
        {"group": f"g{steps}", "n_steps": steps, "test_accuracy": 0.9 + (steps == 8) / 20}
        for steps in (16, 4, 8)
    ]
    axes = accuracy_dots(runs_of(rows), grouped_by=["n_steps"]).axes[0]
    assert ticks(axes, "y") == ["4 steps", "8 steps", "16 steps"]


def test_presets_have_an_axis_each(runs_of: RunsOf) -> None:
    rows = [
        row | {"preset": preset, "group": row["group"] + preset}
        for preset in ("default", "published")
        for row in published_grid(1)
    ]
    figure = accuracy_dots(runs_of(rows))
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["default preset", "published preset"]
    assert legend(figure) == ["100", "200"]


def test_colours_are_of_a_param_that_was_searched(runs_of: RunsOf) -> None:
    """β is fixed in an ALIF and none in a LIF: that only says again which of them it is."""
    rows = [
        {"group": "a", "dynamics": "alif", "learn_beta": False, "test_accuracy": 0.9},
        {"group": "b", "dynamics": "lif", "learn_beta": None, "test_accuracy": 0.8},
    ]
    figure = accuracy_dots(runs_of(rows))
    assert legend(figure) == []
    dots = [points(line) for line in figure.axes[0].lines]
    assert [x for line in dots for x, _ in line] == pytest.approx([90, 80])


def test_more_rows_than_a_page_holds_are_the_best_by_validation(runs_of: RunsOf) -> None:
    rows = [
        {"group": f"g{n}", "code": f"c{n:02}", "dynamics": "lif", "best_val_accuracy": n / 100}
        for n in range(60)
    ]
    figure = accuracy_dots(runs_of(rows), grouped_by=["code"])
    shown = ticks(figure.axes[0], "y")
    assert figure.get_figheight() <= 11 and shown[0] == "code=c59" and "code=c00" not in shown
    assert f"the best {len(shown)} rows of 60 by validation" in note(figure)
