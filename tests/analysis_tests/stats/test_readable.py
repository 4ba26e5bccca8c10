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
