"""Bar charts: what a reader sees is what the runs say."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pandas as pd
import pytest
from matplotlib.figure import Figure

from analysis.errors import AnalysisError
from analysis.figures import accuracy_bars
from tests.analysis_tests.figures.reading import RunsOf, containers, legend, note, texts, title


def bars(figure: Figure) -> dict[tuple[str, str], float]:
    """The height of each bar, by its group and its colour."""
    axes = figure.axes[0]
    groups = [label.get_text().replace("\n", " / ") for label in axes.get_xticklabels()]
    heights = {}
    for container in containers(axes):
        for bar in container.patches:
            place = round(bar.get_x() + bar.get_width() / 2)
            heights[groups[place], str(container.get_label())] = bar.get_height()
    return heights


def intervals(figure: Figure) -> list[tuple[float, float]]:
    """The ends of the error bars; nothing is drawn for a NaN."""
    found = []
    for container in containers(figure.axes[0]):
        (lines,) = container.errorbar.lines[2]  # type: ignore[union-attr]
        drawn = [segment for segment in lines.get_segments() if len(segment)]
        found += [(low, high) for (_, low), (_, high) in drawn]
    return found


def published_grid(seeds: int) -> list[dict[str, Any]]:
    rows = []
    combinations = itertools.product(
        ("alif", "lif"), (False, True), ("latency", "periodic"), (100, 200)
    )
    for number, (dynamics, recurrent, encoding, hidden) in enumerate(combinations):
        for seed in range(seeds):
            rows.append(
                {
                    "group": f"g{number}",
                    "dataset": "mnist",
                    "dynamics": dynamics,
                    "recurrent": recurrent,
                    "encoding": encoding,
                    "hidden": hidden,
                    "seed": seed,
                    "test_accuracy": 0.2 + 0.04 * number + 0.01 * seed,
                }
            )
    return rows


def test_the_published_grid_is_sixteen_bars_with_the_means_over_seeds(runs_of: RunsOf) -> None:
    figure = accuracy_bars(runs_of(published_grid(3)))
    heights = bars(figure)
    assert len(heights) == 16
    assert heights["ALIF / ff / latency", "100"] == pytest.approx(21.0)
    assert heights["LIF / rec / periodic", "200"] == pytest.approx(81.0)
    assert sorted(texts(figure.axes[0])) == sorted(f"{21 + 4 * n:.1f}" for n in range(16))
    assert title(figure) == "Test accuracy, MNIST"
    assert note(figure) == "mean over 3 seeds, error bars: 95 % t interval"


def test_error_bars_are_t_intervals_that_end_at_0_and_100_percent(runs_of: RunsOf) -> None:
    # 4.3027 is the 97.5 % point of t with 2 degrees of freedom; the deviation is one percent point
    figure = accuracy_bars(runs_of(published_grid(3)))
    half = 4.3027 / math.sqrt(3)
    assert intervals(figure)[0] == pytest.approx((21 - half, 21 + half), abs=1e-3)
    one = {"group": "a", "dynamics": "lif"}
    wide = [one | {"test_accuracy": accuracy} for accuracy in (0.2, 0.9, 0.6)]
    assert intervals(accuracy_bars(runs_of(wide))) == [(0.0, 100.0)]


def test_two_seeds_have_no_interval_but_their_two_values(runs_of: RunsOf) -> None:
    one = {"group": "a", "dynamics": "lif"}
    figure = accuracy_bars(runs_of([one | {"test_accuracy": value} for value in (0.2, 0.9)]))
    assert intervals(figure) == [pytest.approx((20, 90))]
    assert note(figure) == "mean of two seeds, whose values are the ends of the bar"


def test_one_seed_has_no_error_bar(runs_of: RunsOf) -> None:
    figure = accuracy_bars(runs_of(published_grid(1)))
    assert intervals(figure) == []
    assert note(figure) == "one seed each"
    mixed = accuracy_bars(runs_of(published_grid(2)[:3]))
    told = "mean over 1 to 2 seeds, error bars: the two values of two seeds, none for a single seed"
    assert note(mixed).startswith(told)


def test_two_bars_are_labelled_with_all_that_they_are(runs_of: RunsOf) -> None:
    rows = published_grid(1)[:2]
    assert set(bars(accuracy_bars(runs_of(rows)))) == {
        ("ALIF / ff / latency", "100"),
        ("ALIF / ff / latency", "200"),
    }


def test_factors_that_do_not_vary_stand_in_the_title(runs_of: RunsOf) -> None:
    rows = [row for row in published_grid(1) if row["hidden"] == 100 and not row["recurrent"]]
    figure = accuracy_bars(runs_of(rows))
    assert {group for group, _ in bars(figure)} == {
        "ALIF / latency",
        "ALIF / periodic",
        "LIF / latency",
        "LIF / periodic",
    }
    assert title(figure) == "Test accuracy, MNIST, ff, 100 neurons"
    assert not figure.legends


def test_a_search_shows_the_best_by_validation_and_says_so(runs_of: RunsOf) -> None:
    found = [(0.1, 0.6, 0.9), (0.2, 0.8, 0.7), (0.3, 0.7, 0.8)]
    rows = [
        {
            "group": f"g{lr}",
            "dynamics": "lif",
            "hidden": 64,
            "lr": lr,
            "best_val_accuracy": validation,
            "test_accuracy": test,
        }
        for lr, validation, test in found
    ]
    rows.append({**rows[0], "group": "other", "dynamics": "alif", "test_accuracy": 0.4})
    figure = accuracy_bars(runs_of(rows))
    assert list(bars(figure).values()) == pytest.approx([40.0, 70.0])
    assert "best by validation (of 4 in all)" in note(figure)


def test_more_sizes_than_colours_stand_side_by_side(runs_of: RunsOf) -> None:
    rows = [
        {"group": f"g{size}", "dynamics": "lif", "hidden": size, "best_val_accuracy": size / 1000}
        for size in range(100, 1000, 100)
    ]
    figure = accuracy_bars(runs_of(rows))
    assert list(bars(figure).values()) == pytest.approx([10.0 * n for n in range(1, 10)])
    assert "in all" not in note(figure)


def test_the_baseline_stands_beside_the_spiking_networks(runs_of: RunsOf) -> None:
    rows = [
        {"group": "a", "dynamics": "lif", "recurrent": False, "hidden": "64"},
        {"group": "b", "dynamics": "lif", "recurrent": True, "hidden": "[64, 64]"},
        {"group": "c", "dynamics": "mlp", "recurrent": None, "hidden": "64"},
    ]
    assert set(bars(accuracy_bars(runs_of(rows)))) == {
        ("LIF / ff", "64"),
        ("LIF / rec", "[64, 64]"),
        ("MLP", "64"),
    }


def test_other_factors_can_be_asked_for(runs_of: RunsOf) -> None:
    rows = [
        {"group": f"g{epochs}{learn}", "hidden": 128, "epochs": epochs, "learn_beta": learn}
        for epochs in (15, 30)
        for learn in (False, True)
    ]
    figure = accuracy_bars(runs_of(rows), grouped_by=["epochs"], coloured_by="learn_beta")
    groups = ("15 epochs", "30 epochs")
    assert set(bars(figure)) == set(itertools.product(groups, ("fixed β", "learned β")))
    assert legend(figure) == ["fixed β", "learned β"]


def test_a_grid_shows_each_of_its_configurations(runs_of: RunsOf) -> None:
    grid = itertools.product((False, True), ("latency", "periodic"), (15, 30), (False, True))
    rows = [
        {"group": f"g{n}", "recurrent": rec, "encoding": code, "epochs": epochs, "learn_beta": beta}
        for n, (rec, code, epochs, beta) in enumerate(grid)
    ]
    figure = accuracy_bars(runs_of(rows))
    assert len(bars(figure)) == 16
    assert ("rec / latency / 30 epochs", "learned β") in bars(figure)
    assert note(figure) == "one seed each"


def test_what_is_not_there_is_said(runs_of: RunsOf) -> None:
    rows = published_grid(1)[:3]
    rows[2] |= {"state": "pruned"}
    rows.append(rows[0] | {"group": "late", "dynamics": "lif", "hidden": 200})
    figure = accuracy_bars(runs_of(rows))
    assert note(figure) == "one seed each; a free place: no finished run; not shown: 1 pruned"


REFERENCE = pd.DataFrame(
    {
        "dynamics": ["alif", "alif", "lif"],
        "hidden": [100, 200, 100],
        "learn_beta": [None, None, None],
        "test_accuracy": [0.93, 0.94, 0.5],
    }
)


def test_published_values_are_diamonds_on_their_bars(runs_of: RunsOf) -> None:
    rows = [
        {"group": "a", "dynamics": "alif", "hidden": 100, "test_accuracy": 0.9},
        {"group": "b", "dynamics": "alif", "hidden": 200, "test_accuracy": 0.8},
        {"group": "c", "dynamics": "lif", "hidden": 200, "test_accuracy": 0.7},
    ]
    figure = accuracy_bars(runs_of(rows), reference=REFERENCE)
    axes = figure.axes[0]
    (diamonds,) = (line for line in axes.lines if line.get_label() == "value in the study")
    bar = containers(axes)[0].patches[0]
    assert list(diamonds.get_ydata()) == pytest.approx([93, 94])  # type: ignore[arg-type]
    assert diamonds.get_xdata()[0] == pytest.approx(bar.get_x() + bar.get_width() / 2)  # type: ignore[index]
    assert legend(figure) == ["100", "200", "value in the study"]
    assert "diamonds: published values, of 2 of 3 bars" in note(figure)
    assert {text.get_position()[1] for text in axes.texts} == {3}
    assert {text.xy[1] for text in axes.texts} == {0}  # type: ignore[attr-defined]


def test_a_reference_with_two_values_for_a_bar_is_refused(runs_of: RunsOf) -> None:
    rows = [{"group": "a", "dynamics": "alif", "test_accuracy": 0.9}]
    with pytest.raises(AnalysisError, match="2 values of test_accuracy for dynamics=alif"):
        accuracy_bars(runs_of(rows), reference=REFERENCE)
    with pytest.raises(AnalysisError, match="the reference has no best_val_accuracy"):
        accuracy_bars(runs_of(rows), "best_val_accuracy", reference=REFERENCE)


def test_a_param_that_is_none_or_has_too_many_values_is_refused(runs_of: RunsOf) -> None:
    rows = [{"group": f"g{n}", "hidden": 2**n, "dynamics": "lif"} for n in range(9)]
    for wrong in ("sise", "seed", "test_accuracy"):
        with pytest.raises(AnalysisError, match=f"no param '{wrong}'; those that vary: hidden"):
            accuracy_bars(runs_of(rows), coloured_by=wrong)
    with pytest.raises(AnalysisError, match="hidden has 9 values; at most 8 can be told apart"):
        accuracy_bars(runs_of(rows), coloured_by="hidden")


def test_a_metric_that_is_no_accuracy_keeps_its_unit(runs_of: RunsOf) -> None:
    rows = [{"group": "a", "dynamics": "lif", "spikes_per_inference": 1234.0}]
    figure = accuracy_bars(runs_of(rows), "spikes_per_inference")
    assert list(bars(figure).values()) == [1234.0]
    assert texts(figure.axes[0]) == ["1,234"]


@pytest.mark.parametrize("metric", ["accuracy", "beta_mean", "dynamics"])
def test_a_metric_that_is_missing_is_named(runs_of: RunsOf, metric: str) -> None:
    with pytest.raises(AnalysisError, match=rf"no (metric )?'?{metric}"):
        accuracy_bars(runs_of([{"group": "a", "dynamics": "lif"}]), metric)


def test_labels_do_not_overlap(runs_of: RunsOf) -> None:
    for rows in (published_grid(3), published_grid(1)[:2]):
        figure = accuracy_bars(runs_of(rows))
        figure.draw_without_rendering()
        axes = figure.axes[0]
        for written in (axes.get_xticklabels(), axes.texts):
            boxes = [text.get_window_extent() for text in written]
            pairs = itertools.combinations(boxes, 2)
            assert not any(one.overlaps(other) for one, other in pairs)


def test_where_only_another_param_varies_it_is_along_x(runs_of: RunsOf) -> None:
    rows = [{"group": f"g{n}", "dataset": "mnist", "tau_mem": 5.0 * n} for n in range(1, 4)]
    assert [group for group, _ in bars(accuracy_bars(runs_of(rows)))] == [
        "tau_mem=5",
        "tau_mem=10",
        "tau_mem=15",
    ]


def test_a_single_bar_of_many_says_what_varies(runs_of: RunsOf) -> None:
    rows = [{"group": f"g{n}", "dataset": "mnist", "lr": 1e-4 * (n + 1)} for n in range(20)]
    figure = accuracy_bars(runs_of(rows))
    assert len(bars(figure)) == 1
    assert "(of 20 in all); what varies: lr; --by names those that stand apart" in note(figure)
