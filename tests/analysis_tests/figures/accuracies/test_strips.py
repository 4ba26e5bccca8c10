"""Strips: every configuration is a point at its level."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.errors import AnalysisError
from analysis.figures import strip
from tests.analysis_tests.figures.reading import RunsOf, labelled_lines, legend, note, points, ticks


def rows(per_level: int = 6, seeds: int = 2) -> list[dict[str, Any]]:
    return [
        {
            "group": f"{dynamics}{number}",
            "dynamics": dynamics,
            "recurrent": number % 2 == 0,
            "lr": number / 10,
            "seed": seed,
            "test_accuracy": 0.5 + 0.05 * number + 0.02 * seed,
        }
        for dynamics in ("alif", "lif")
        for number in range(per_level)
        for seed in range(seeds)
    ]


def test_points_are_means_over_seeds_near_their_level(runs_of: RunsOf) -> None:
    figure = strip(runs_of(rows()), "dynamics")
    cloud = points(figure.axes[0].lines[0])
    assert sorted(y for _, y in cloud) == pytest.approx(
        sorted(2 * [51 + 5 * number for number in range(6)])
    )
    assert len({x for x, _ in cloud}) == 12  # none hides another
    assert all(min(abs(x), abs(x - 1)) < 0.3 for x, _ in cloud)
    assert ticks(figure.axes[0], "x") == ["ALIF\nn = 6", "LIF\nn = 6"]
    ends = "mean of two seeds, whose values are the ends of the bar"
    assert note(figure).startswith(f"n: configurations, {ends}; box: quartiles")


def test_every_point_has_its_interval_and_a_long_one_presses_none_flat(runs_of: RunsOf) -> None:
    many = [row for row in rows(seeds=3) if row["group"] != "lif5"]
    many += [
        {"group": "wide", "dynamics": "lif", "seed": seed, "test_accuracy": value}
        for seed, value in enumerate((0.4, 0.6, 0.8))
    ]
    axes = strip(runs_of(many), "dynamics").axes[0]
    (bars,) = axes.collections
    ends = sorted((*segment[:, 1].tolist(),) for segment in bars.get_segments())
    assert len(ends) == 12
    narrow, wide = 4.30265 * 2 / 3**0.5, 4.30265 * 20 / 3**0.5
    assert ends[0] == pytest.approx((60 - wide, 100), abs=0.01)
    assert ends[1] == pytest.approx((52 - narrow, 52 + narrow), abs=0.01)
    low, high = axes.get_ylim()
    assert low == pytest.approx(52 - 25 - 0.05 * 73)  # the means are from 52 to 77
    assert high == pytest.approx(100 + 0.05 * 73)


def test_a_second_param_has_markers_and_colours_of_its_own(runs_of: RunsOf) -> None:
    figure = strip(runs_of(rows()), "dynamics", coloured_by="recurrent")
    assert legend(figure) == ["ff", "rec"]
    clouds = labelled_lines(figure.axes[0])
    assert [len(points(clouds[name])) for name in ("ff", "rec")] == [6, 6]
    assert len({line.get_marker() for line in clouds.values()}) == 2
    assert len({line.get_color() for line in clouds.values()}) == 2


def test_few_points_have_no_box(runs_of: RunsOf) -> None:
    figure = strip(runs_of(rows(per_level=4, seeds=1)), "dynamics")
    assert len(figure.axes[0].lines) == 1
    assert note(figure) == "n: configurations, one seed each"


def test_a_point_alone_stands_above_the_name_of_its_level(runs_of: RunsOf) -> None:
    figure = strip(runs_of(rows(per_level=1)), "dynamics")
    assert [x for x, _ in points(figure.axes[0].lines[0])] == [0, 1]


def test_a_box_has_the_median_of_its_level(runs_of: RunsOf) -> None:
    axes = strip(runs_of(rows()), "dynamics").axes[0]
    medians = [line for line in axes.lines if line.get_color() == "#000000"]
    assert [points(line)[0][1] for line in medians] == pytest.approx([63.5, 63.5])


def test_a_param_without_effect_is_a_level_and_a_run_without_the_metric_is_counted(
    runs_of: RunsOf,
) -> None:
    found = [
        {"group": "a", "learn_beta": True, "best_spikes_per_inference": 10.0},
        {"group": "b", "learn_beta": None, "best_spikes_per_inference": 20.0},
        {"group": "c", "learn_beta": None},
        {"group": "d", "learn_beta": None, "state": "failed"},
    ]
    figure = strip(runs_of(found), "learn_beta", "best_spikes_per_inference")
    assert ticks(figure.axes[0], "x") == ["learned β\nn = 1", "–\nn = 1"]
    assert note(figure).endswith(
        "not shown: 1 finished without best_spikes_per_inference, 1 failed"
    )


def test_a_level_that_a_data_set_lacks_has_no_points_in_its_panel(runs_of: RunsOf) -> None:
    mnist = [row | {"dataset": "mnist"} for row in rows()]
    other = [row | {"dataset": "digits", "group": f"digits {row['group']}"} for row in rows(4)]
    alone = [row for row in other if row["dynamics"] == "lif"]
    figure = strip(runs_of([*mnist, *alone]), "dynamics")
    assert sorted(ticks(axes, "x") for axes in figure.axes) == [
        ["ALIF\nn = 0", "LIF\nn = 4"],
        ["ALIF\nn = 6", "LIF\nn = 6"],
    ]


def test_numbers_stand_on_an_axis_of_numbers_logarithmic_where_they_were_searched_so(
    runs_of: RunsOf,
) -> None:
    many = [{"group": f"g{n}", "lr": n / 100, "dynamics": "lif"} for n in range(1, 21)]
    many.append({"group": "none", "lr": None, "dynamics": "alif"})
    found = runs_of(many)
    figure = strip(found, "lr")
    axes = figure.axes[0]
    found_at = sorted(x for x, _ in points(axes.lines[0]))
    assert found_at == pytest.approx([n / 100 for n in range(1, 21)])
    assert axes.get_xscale() == "linear"
    assert ticks(axes, "x") == ["0.05", "0.1", "0.15", "0.2"]
    assert "20 configurations" in note(figure) and "1 in which lr has no effect" in note(figure)
    found.attrs["searched_on_log"] = {"lr": True}
    axes = strip(found, "lr").axes[0]
    assert axes.get_xscale() == "log"
    assert ticks(axes, "x") == ["0.01", "0.03", "0.1"]


def test_many_levels_or_an_unknown_param_are_refused(runs_of: RunsOf) -> None:
    many = [{"group": f"g{n}", "code": f"c{n}", "dynamics": "lif"} for n in range(1, 30)]
    with pytest.raises(AnalysisError, match="code has 29 values that are no numbers; a strip"):
        strip(runs_of(many), "code")
    with pytest.raises(AnalysisError, match="no param 'odd'; those that vary: code"):
        strip(runs_of(many), "odd")
