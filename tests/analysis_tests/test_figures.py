"""Bar charts: what a reader sees is what the runs say."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure

from analysis.errors import AnalysisError
from analysis.figures import accuracy_bars, save_figure

RunsOf = Callable[[list[dict[str, Any]]], pd.DataFrame]


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


def containers(axes: Axes) -> list[BarContainer]:
    return [container for container in axes.containers if isinstance(container, BarContainer)]


def values_on_top(figure: Figure) -> list[str]:
    return sorted(text.get_text() for text in figure.axes[0].texts)


def words(figure: Figure) -> str:
    head = [figure.get_suptitle(), figure.axes[0].get_title(loc="left")]
    return " ".join(" ".join(head).split())


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
    assert values_on_top(figure) == sorted(f"{21 + 4 * number:.1f}" for number in range(16))
    assert words(figure) == "Test accuracy, MNIST mean ± standard deviation over 3 seeds"


def test_error_bars_span_the_standard_deviation(runs_of: RunsOf) -> None:
    figure = accuracy_bars(runs_of(published_grid(3)))
    (lines,) = containers(figure.axes[0])[0].errorbar.lines[2]  # type: ignore[union-attr]
    (_, low), (_, high) = lines.get_segments()[0]
    assert (low, high) == pytest.approx((20.0, 22.0))


def test_one_seed_has_no_error_bar(runs_of: RunsOf) -> None:
    figure = accuracy_bars(runs_of(published_grid(1)))
    (lines,) = containers(figure.axes[0])[0].errorbar.lines[2]  # type: ignore[union-attr]
    assert all(math.isnan(y) for segment in lines.get_segments() for _, y in segment)
    assert words(figure) == "Test accuracy, MNIST one seed each"


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
    assert words(figure).startswith("Test accuracy, MNIST, ff, 100 neurons")
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
    figure = accuracy_bars(runs_of(rows))
    assert list(bars(figure).values()) == pytest.approx([70.0])
    assert "best by validation (of 3 in all)" in words(figure)


def test_more_sizes_than_colours_are_not_told_apart(runs_of: RunsOf) -> None:
    rows = [
        {"group": f"g{size}", "dynamics": "lif", "hidden": size, "best_val_accuracy": size / 1000}
        for size in range(100, 1000, 100)
    ]
    figure = accuracy_bars(runs_of(rows))
    assert list(bars(figure).values()) == pytest.approx([90.0])
    assert "of 9 in all" in words(figure)


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
    assert set(bars(figure)) == set(itertools.product(groups, ("false", "true")))


def test_a_metric_that_is_no_accuracy_keeps_its_unit(runs_of: RunsOf) -> None:
    rows = [{"group": "a", "dynamics": "lif", "spikes_per_inference": 1234.0}]
    figure = accuracy_bars(runs_of(rows), "spikes_per_inference")
    assert list(bars(figure).values()) == [1234.0]
    assert values_on_top(figure) == ["1,234"]


@pytest.mark.parametrize("metric", ["accuracy", "beta_mean"])
def test_a_metric_that_is_missing_is_named(runs_of: RunsOf, metric: str) -> None:
    with pytest.raises(AnalysisError, match=rf"no (metric )?'?{metric}"):
        accuracy_bars(runs_of([{"group": "a"}]), metric)


def test_labels_do_not_overlap(runs_of: RunsOf) -> None:
    for rows in (published_grid(3), published_grid(1)[:2]):
        figure = accuracy_bars(runs_of(rows))
        figure.draw_without_rendering()
        axes = figure.axes[0]
        for texts in (axes.get_xticklabels(), axes.texts):
            boxes = [text.get_window_extent() for text in texts]
            pairs = itertools.combinations(boxes, 2)
            assert not any(one.overlaps(other) for one, other in pairs)


@pytest.mark.parametrize(
    ("suffix", "magic"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".PDF", b"%PDF")]
)
def test_a_figure_is_saved_by_its_suffix_and_always_the_same(
    runs_of: RunsOf, tmp_path: Path, suffix: str, magic: bytes
) -> None:
    settings = dict(mpl.rcParams)
    for name in ("one", "two"):
        save_figure(accuracy_bars(runs_of(published_grid(1)[:2])), tmp_path / f"{name}{suffix}")
    content = (tmp_path / f"one{suffix}").read_bytes()
    assert content.startswith(magic)
    assert content == (tmp_path / f"two{suffix}").read_bytes()
    assert dict(mpl.rcParams) == settings


def test_an_unknown_suffix_names_the_known_ones(runs_of: RunsOf, tmp_path: Path) -> None:
    figure = accuracy_bars(runs_of([{"group": "a"}]))
    with pytest.raises(AnalysisError, match=r"'\.bmp'; known: \.png, \.svg, \.pdf"):
        save_figure(figure, tmp_path / "f.bmp")
