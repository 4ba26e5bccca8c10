"""Learning curves: lines are means, bands are ranges, and nothing runs on alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.figures import learning_curves, save_figure
from tests.analysis_tests.figures.reading import RunsOf, labelled_lines, legend, note, points, title


def rows() -> list[dict[str, Any]]:
    """run0 … run5: three configurations of two seeds."""
    return [
        {
            "group": f"{dynamics}{hidden}",
            "dynamics": dynamics,
            "hidden": hidden,
            "seed": seed,
            "best_val_accuracy": best,
        }
        for dynamics, hidden, best in (("alif", 64, 0.9), ("alif", 32, 0.5), ("lif", 32, 0.7))
        for seed in (0, 1)
    ]


def history(*values: list[float]) -> pd.DataFrame:
    """Validation accuracies of run0, run1, …."""
    return pd.DataFrame(
        [
            {"run_id": f"run{run}", "epoch": epoch, "val_accuracy": value}
            for run, of_run in enumerate(values)
            for epoch, value in enumerate(of_run, start=1)
        ]
    )


HISTORY = history([0.5, 0.9], [0.3, 0.7], [0.1, 0.2], [0.1, 0.4], [0.4, 0.6], [0.4, 0.6])


def test_the_best_configurations_have_the_medians_of_their_seeds(runs_of: RunsOf) -> None:
    figure = learning_curves(runs_of(rows()), HISTORY, top=2)
    assert legend(figure) == ["ALIF / 64 neurons (n = 2)", "LIF / 32 neurons (n = 2)"]
    lines = labelled_lines(figure.axes[0])
    assert points(lines["ALIF / 64 neurons (n = 2)"]) == [
        (1, pytest.approx(40)),
        (2, pytest.approx(80)),
    ]
    assert note(figure) == (
        "lines: median of n runs, bands: their lowest to their highest; "
        "the 2 best by validation (of 3 in all)"
    )
    assert title(figure) == "Validation accuracy"


def test_a_band_spans_all_runs_of_its_line(runs_of: RunsOf) -> None:
    figure = learning_curves(runs_of(rows()), HISTORY, by="dynamics")
    assert legend(figure) == ["ALIF (n = 4)", "LIF (n = 2)"]
    band = figure.axes[0].collections[0].get_paths()[0].vertices
    assert band[:, 1].min() == pytest.approx(10) and band[:, 1].max() == pytest.approx(90)
    assert points(labelled_lines(figure.axes[0])["ALIF (n = 4)"])[1] == (2, pytest.approx(55))


def test_a_line_ends_with_the_first_of_its_runs_and_says_so(runs_of: RunsOf) -> None:
    cut = history([0.5, 0.9, 0.95], [0.3, 0.7])
    figure = learning_curves(runs_of(rows()[:2]), cut)
    (line,) = labelled_lines(figure.axes[0]).values()
    assert [x for x, _ in points(line)] == [1, 2]
    assert "a line ends with the first of its runs to end" in note(figure)


def test_runs_without_epochs_are_counted(runs_of: RunsOf) -> None:
    found = [*rows(), {"group": "p", "dynamics": "lif", "hidden": 8, "state": "pruned"}]
    figure = learning_curves(runs_of(found), HISTORY[HISTORY["run_id"] != "run5"])
    assert "not shown: 1 run without epochs; not shown: 1 pruned" in note(figure)
    assert "LIF / 32 neurons (n = 1)" in legend(figure)


def test_what_cannot_be_drawn_is_named(runs_of: RunsOf) -> None:
    table = runs_of(rows())
    with pytest.raises(AnalysisError, match="the history has no metric 'val_loss'"):
        learning_curves(table, HISTORY, "val_loss")
    with pytest.raises(AnalysisError, match="no val_accuracy of any epoch"):
        learning_curves(table, HISTORY[:0])
    with pytest.raises(AnalysisError, match="no param 'size'; those that vary: dynamics, hidden"):
        learning_curves(table, HISTORY, by="size")


def test_configurations_that_read_the_same_stay_two_lines(runs_of: RunsOf) -> None:
    rows = [{"group": f"g{lr}", "lr": lr} for lr in (0.000300001, 0.000300002)]
    figure = learning_curves(runs_of(rows), history([0.1, 0.2], [0.3, 0.4]))
    assert legend(figure) == ["1. lr=0.0003", "2. lr=0.0003"]
    assert note(figure) == "lines: one run each"


def test_a_long_name_in_the_legend_is_broken_and_leaves_the_axes_their_room(
    runs_of: RunsOf,
) -> None:
    """Matplotlib would warn that it found no layout; a warning is an error here."""
    wide = [{**row, "code": f"{row['group']}-{'x' * 150}"} for row in rows()]
    figure = learning_curves(runs_of(wide), history(*[[0.1, 0.2]] * 6))
    assert figure.get_figwidth() < 10
    figure.draw_without_rendering()
    assert figure.axes[0].get_window_extent().width / figure.dpi > 3


def test_a_dollar_in_a_name_is_drawn_as_one(runs_of: RunsOf, tmp_path: Path) -> None:
    odd = [{**row, "code": f"{row['group']} $\\frac$ 蟹"} for row in rows()]
    figure = learning_curves(runs_of(odd), history(*[[0.1, 0.2]] * 6), by="code")
    save_figure(figure, tmp_path / "f.svg")
    assert (tmp_path / "f.svg").stat().st_size > 1000


def test_more_bands_than_can_be_told_apart_have_a_panel_each(runs_of: RunsOf) -> None:
    found = [
        {"group": f"g{n}", "hidden": 8 * n, "seed": seed, "best_val_accuracy": n / 10}
        for n in (1, 2, 3, 4)
        for seed in (0, 1, 2)
    ]
    values = [[0.1 * n, 0.1 * n + 0.01 * seed] for n in (1, 2, 3, 4) for seed in (0, 1, 4)]
    figure = learning_curves(runs_of(found), history(*values))
    assert len(figure.axes) == 4 and all(len(axes.collections) == 1 for axes in figure.axes)
    first = labelled_lines(figure.axes[0])
    assert points(first["32 neurons (n = 3)"])[1] == (2, pytest.approx(41))  # not the mean, 41.7
    assert "in grey: the other panels" in note(figure)
    assert figure.axes[0].get_title(loc="left") == "32 neurons (n\u00a0=\u00a03)"
    assert figure.axes[2].get_xlabel() == "Epoch" and not legend(figure)


def test_presets_have_panels_and_scales_of_their_own(runs_of: RunsOf) -> None:
    """One is at 95 %, the other at 20: on one scale neither shows anything."""
    found = [
        {"group": f"{preset}{n}", "preset": preset, "dynamics": n, "best_val_accuracy": 0.5}
        for preset in ("default", "published")
        for n in ("alif", "lif")
    ]
    values = [[0.95, 0.96], [0.94, 0.95], [0.2, 0.3], [0.1, 0.2]]
    figure = learning_curves(runs_of(found), history(*values), by="dynamics")
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == [f"{p} preset, {n}" for p in ("default", "published") for n in ("ALIF", "LIF")]
    assert figure.axes[0].get_ylim()[0] > 90 and figure.axes[2].get_ylim()[1] < 40


def test_the_first_epochs_do_not_take_the_axis_from_the_others(runs_of: RunsOf) -> None:
    rows = [{"group": "a", "lr": 0.1}, {"group": "b", "lr": 0.2}]
    late = [0.90 + 0.005 * epoch for epoch in range(9)]
    figure = learning_curves(runs_of(rows), history([0.1, *late], [0.3, *late]))
    assert figure.axes[0].get_ylim()[0] > 85
    assert "of the first 2 epochs, what lies below the axis is not shown" in note(figure)
