"""What a reader is told of a comparison."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from analysis.stats.compare.views import COLUMNS
from analysis.stats.effects import effects
from analysis.stats.equivalence import equivalences
from analysis.stats.margins import Margin
from analysis.stats.readable import readable_effects, readable_equivalences, readable_views
from analysis.text.typeset import markdown

Runs = Callable[[list[dict[str, Any]]], pd.DataFrame]


def sign(hidden: int) -> int:
    return 1 if hidden % 16 else -1


@pytest.mark.parametrize(("step", "is_told"), [(0.0001, True), (0.1, False)])
def test_an_equivalence_says_which_interval_decides(
    runs_of: Runs, step: float, is_told: bool
) -> None:
    rows = [
        {
            "group": f"{level}{hidden}",
            "seed": seed,
            "dynamics": level,
            "hidden": hidden,
            "test_accuracy": 0.9 + (step * sign(hidden) if level == "lif" else 0) + seed / 10_000,
        }
        for level in ("alif", "lif")
        for hidden in (8, 16, 24, 32, 40, 48, 56, 64)
        for seed in (0, 1)
    ]
    table = effects(runs_of(rows), ["dynamics"])
    assert (table["verdict"] == "equivalent").all() == is_told
    told = markdown(readable_effects(table))
    assert ("so the 90 % interval decides" in told and "within ±0.5;" in told) == is_told


def test_posterior_probabilities_are_headed_by_the_bound_that_they_are_beyond() -> None:
    row = dict.fromkeys(COLUMNS, 0.005) | {"factor": "f", "baseline": "a", "level": "b"}
    heads = list(readable_views(pd.DataFrame([row | {"group": ""}])))
    assert heads[-3:] == ["P(below −0.5)", "P(within ±0.5)", "P(above +0.5)"]


def in_stages(runs_of: Runs, *, launches: int) -> pd.DataFrame:
    rows = [
        {
            "group": f"{level}{hidden}",
            "seed": seed,
            "dynamics": level,
            "hidden": hidden,
            "test_accuracy": 0.8985 + (0.001 * sign(hidden) if level == "lif" else 0) + seed / 1000,
        }
        for level in ("alif", "lif")
        for hidden in (8, 16, 24, 32)
        for seed in (0, 1, 2, 3)
    ]
    runs = runs_of(rows)
    return runs.assign(sweep="s", launched=[row["seed"] * launches // 4 for row in rows])


@pytest.mark.parametrize(
    ("launches", "asked", "told"), [(2, 2, True), (2, 3, False), (1, 2, False)]
)
def test_looks_that_were_counted_already_add_none(
    runs_of: Runs, launches: int, asked: int, told: bool
) -> None:
    runs = in_stages(runs_of, launches=launches)
    note = readable_effects(effects(runs, ["dynamics"], looks=asked)).attrs["note"]
    assert (f"--looks {asked} adds none" in note) == told
    assert f"Looked at up to {asked} times" in note


def test_several_margins_keep_the_note_on_looks_and_tell_their_points(runs_of: Runs) -> None:
    margins = [Margin(0.005), Margin(0.1, relative=True)]
    table = equivalences(in_stages(runs_of, launches=2), margins, ["dynamics"])
    note = readable_equivalences(table).attrs["note"]
    assert "Looked at up to 2 times" in note
    assert "±10 % of the errors: ±1 points." in note  # errors of 10 %


def ruined(n: int) -> list[dict[str, Any]]:
    """Runs of n configurations: ALIF is better than LIF in most, and ruins a fifth."""
    return [
        {
            "group": f"{level}{hidden}",
            "seed": seed,
            "dynamics": level,
            "hidden": hidden,
            "test_accuracy": 0.9
            + (level == "alif") * (0.01 + 0.0002 * hidden - 0.5 * (hidden % 5 == 0))
            + seed / 10_000,
        }
        for level in ("alif", "lif")
        for hidden in range(1, n + 1)
        for seed in (0, 1)
    ]


@pytest.mark.parametrize("n", [6, 40])
def test_from_eight_configurations_the_median_stands_beside_the_mean(runs_of: Runs, n: int) -> None:
    table = effects(runs_of(ruined(n)), ["dynamics"])
    shown = readable_effects(table)
    mean, note = table["estimate"].iloc[0], shown.attrs["note"]
    if n < 8:
        assert "median (points)" not in shown and shown["verdict"].tolist() == ["undecided"]
        assert "the interval of a mean does not hold if networks collapse" in note
        return
    assert mean < 0 < table["median_low"].iloc[0] and table["p"].iloc[0] < 0.05
    assert shown["verdict"].tolist() == ["skewed"] and "Skewed: the mean" in note
    assert shown["median (points)"].iloc[0].startswith("+1.")
    assert "does not hold" not in note  # of 40, one collapses if 7 % do


def test_what_is_told_of_collapsing_networks_is_told_once(runs_of: Runs) -> None:
    for margins in ([Margin(0.005)], [Margin(0.005), Margin(0.01)]):
        table = equivalences(runs_of(ruined(6)), margins, ["dynamics"])
        assert readable_equivalences(table).attrs["note"].count("networks collapse") == 1
