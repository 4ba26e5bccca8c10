"""Figures of a search."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd
import pytest
from matplotlib import pyplot, rcParams
from matplotlib.figure import Figure

from analysis.errors import AnalysisError
from analysis.figures import FIGURES, Options, Source
from analysis.records import State
from tests.analysis_tests.conftest import START, make_runs
from tests.analysis_tests.figures.reading import legend, note, points, ticks, title

LR = [3e-4, 1e-2, 1e-3, 3e-3]


@cache
def runs() -> pd.DataFrame:
    """Four configurations of two seeds, the second the best, and one that was pruned."""
    rows: list[dict[str, Any]] = [
        {
            "group": f"g{number}",
            "dataset": "digits",
            "dynamics": "lif" if number % 2 else "alif",
            "hidden": 16 * (1 + number),
            "lr": LR[number],
            "seed": seed,
            "best_val_accuracy": accuracy + 0.02 * seed,
            "best_synops_per_inference": 1000.0 * (4 - number),
        }
        for number, accuracy in enumerate((0.5, 0.8, 0.6, 0.7))
        for seed in (0, 1)
    ]
    pruned = rows[0] | {"group": "p", "lr": 1e-4, "state": State.PRUNED, "val_accuracy": 0.3}
    pruned |= {"best_val_accuracy": None, "test_accuracy": None}
    return make_runs([*rows, pruned])


def drawn(kind: str, *by: str, metric: str = "", of: pd.DataFrame | None = None) -> Figure:
    figure = FIGURES[kind]
    table = runs() if of is None else of
    source = Source(runs=table, history=lambda *_: pd.DataFrame())
    return figure.draw(source, Options(metric=metric or figure.metric, by=by))


def test_the_history_is_in_percent_and_in_the_order_of_the_begin_with_the_best_so_far() -> None:
    figure = drawn("history")
    (axes,) = figure.axes
    done, pruned, best = (points(line) for line in axes.lines)
    assert done == [(n, pytest.approx(y)) for n, y in enumerate((51, 81, 61, 71), start=1)]
    assert pruned == [(5, pytest.approx(30))]
    assert [y for _, y in best] == pytest.approx([51, 81, 81, 81, 81])
    assert axes.lines[2].get_drawstyle() == "steps-post"
    assert legend(figure) == ["done", "pruned, when ended", "the best so far"]
    assert title(figure).startswith("Validation accuracy, digits")
    assert note(figure) == "4 configurations, each the mean over 2 seeds; 1 pruned"


def test_what_was_ended_far_below_stands_at_the_edge_and_presses_none_flat() -> None:
    of = runs().assign(val_accuracy=0.05)
    figure = drawn("history", of=of)
    (axes,) = figure.axes
    assert points(axes.lines[1]) == [(5, pytest.approx(51 - 30))]  # finished: from 51 to 81
    assert axes.lines[1].get_marker() == "v" and axes.get_ylim()[0] > 15
    assert legend(figure) == ["done", "pruned, below the axis", "the best so far"]
    sliced = drawn("slice", "lr", of=of)
    assert points(sliced.axes[0].lines[0]) == [(1e-4, pytest.approx(21))]
    assert "triangles where that is beyond the axis" in note(sliced)


def test_less_is_better_where_the_metric_is_a_cost() -> None:
    (axes,) = drawn("history", metric="best_synops_per_inference").axes
    assert [y for _, y in points(axes.lines[-1])][:4] == [4000, 3000, 2000, 1000]


def test_a_slice_has_a_panel_per_param_logarithmic_where_it_was_searched_so() -> None:
    figure = drawn("slice", "dynamics", "hidden", "lr")
    dynamics, hidden, lr = figure.axes
    assert ticks(dynamics, "x") == ["ALIF", "LIF"]
    assert [axes.get_xscale() for axes in (hidden, lr)] == ["linear", "log"]
    assert [axes.get_xlabel() for axes in (dynamics, hidden, lr)] == ["dynamics", "hidden", "lr"]
    crosses, dots = lr.lines
    assert points(crosses) == [(1e-4, pytest.approx(30))]  # pruned
    assert [y for _, y in points(dots)] == pytest.approx([51, 81, 61, 71])
    assert "crosses: pruned" in note(figure)


def test_the_specification_says_which_axis_is_logarithmic() -> None:
    of = runs()
    of = of.assign(lr=[2 + row / 10 for row in range(len(of))])
    of.attrs["searched_on_log"] = {"lr": True, "hidden": True}
    figure = drawn("slice", "hidden", "lr", of=of)
    assert [axes.get_xscale() for axes in figure.axes] == ["log", "log"]


def test_an_edf_has_a_line_for_each_value_of_a_param() -> None:
    figure = drawn("edf", "dynamics")
    assert legend(figure) == ["ALIF (n = 2)", "LIF (n = 2)"]
    assert {line.get_linestyle() for line in figure.axes[0].lines} == {"-", "--"}


def test_the_expected_best_begins_with_the_mean_and_nears_the_best() -> None:
    """By hand, of the values a < b of a param: the best of two draws is (a + 3 b) / 4."""
    values = {"ALIF": (51, 61), "LIF": (71, 81)}
    figure = drawn("expected", "dynamics")
    assert legend(figure) == ["ALIF (n = 2)", "LIF (n = 2)"]
    for line, (a, b) in zip(figure.axes[0].lines, values.values(), strict=True):
        mean = [(1, (a + b) / 2), (2, (a + 3 * b) / 4)]
        assert points(line) == [pytest.approx(point) for point in mean]


def test_the_timeline_shows_every_run_and_how_it_ended() -> None:
    figure = drawn("timeline")
    assert len(figure.axes) == 1 and len(figure.axes[0].patches) == 9
    assert legend(figure) == ["done", "pruned"]
    assert f"the first of {pd.Timestamp(START, unit='ms'):%Y-%m-%d}" in note(figure)


def test_a_long_pause_is_left_out_of_the_timeline() -> None:
    of = runs()
    later = of["start"] + pd.to_timedelta([10 * (row > 4) for row in range(len(of))], unit="h")
    figure = drawn("timeline", of=of.assign(start=later))
    assert [len(axes.patches) for axes in figure.axes] == [5, 4]
    assert "pauses between the panels are left out" in note(figure)


def test_an_edf_steps_at_every_configuration() -> None:
    (line,) = drawn("edf").axes[0].lines
    steps = [(51, 0), (51, 25), (61, 50), (71, 75), (81, 100)]
    assert points(line) == [(pytest.approx(x), y) for x, y in steps]
    assert line.get_drawstyle() == "steps-post"


def test_points_of_one_category_lie_side_by_side_and_a_pair_is_drawn_once() -> None:
    figure = drawn("rank", "dynamics", "hidden", "lr")
    *panels, bar = figure.axes
    drawn_pairs = [(axes.get_xlabel(), axes.get_ylabel()) for axes in panels]
    assert drawn_pairs == [("", "hidden"), ("dynamics", "lr"), ("hidden", "")]
    offsets = panels[0].collections[0].get_offsets()
    assert len({tuple(place) for place in offsets}) == 4
    assert sorted(round(x) for x, _ in offsets) == [0, 0, 1, 1]  # ALIF, LIF
    assert ticks(bar, "y")[0] == "51.0 lowest" and ticks(bar, "y")[-1] == "81.0 highest"


def test_a_contour_has_colours_only_between_its_points() -> None:
    panel = drawn("contour", "hidden", "lr").axes[0]
    filled, dots = panel.collections
    assert len(dots.get_offsets()) == 4
    corners = [path.get_extents() for path in filled.get_paths() if len(path.vertices)]
    assert min(box.x0 for box in corners) >= 16 and max(box.x1 for box in corners) <= 64
    assert (panel.get_xscale(), panel.get_yscale()) == ("linear", "log")


def test_the_hypervolume_grows_to_the_share_that_the_front_dominates() -> None:
    (axes,) = drawn("hypervolume").axes
    places, volume = zip(*points(axes.lines[0]), strict=True)
    assert places == (1, 2, 3, 4)
    volume = list(volume)
    assert volume == sorted(volume)
    # accuracy 0, 1, 1/3, 2/3 of the way and cost 1, 2/3, 1/3, 0: the front is of the 2nd, 4th
    # and 3rd, of which the 3rd is dominated by the 4th
    assert volume[0] == pytest.approx(0) and volume[1] == pytest.approx(100 / 3)
    assert volume[-1] == pytest.approx(100 * (2 / 3 + 1 / 3 * 1 / 3))


@pytest.mark.parametrize(
    ("kind", "by", "metric", "expected"),
    [
        ("contour", ("lr",), "", "contour: needs two numeric params that vary, found lr"),
        ("contour", ("lr", "dynamics"), "", "contour: dynamics has no numbers; those that do"),
        ("rank", ("lr", "beta"), "", "rank: 'beta' does not vary here; those that do: "),
        ("expected", (), "best_synops_per_inference", "expected: of best_synops_per_inference, "),
        ("hypervolume", (), "best_val_accuracy", "hypervolume: needs a second metric beside"),
    ],
)
def test_a_plot_that_makes_no_sense_is_refused(
    kind: str, by: tuple[str, ...], metric: str, expected: str
) -> None:
    with pytest.raises(AnalysisError, match=expected):
        drawn(kind, *by, metric=metric)


def test_nothing_of_pyplot_or_of_its_style_is_left_behind(recwarn: pytest.WarningsRecorder) -> None:
    before = dict(rcParams)
    drawn("rank", "lr", "hidden")
    assert pyplot.get_fignums() == [] and dict(rcParams) == before and not recwarn.list
