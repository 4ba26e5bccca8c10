"""What a reader is told of a comparison."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from analysis.stats.compare.views import COLUMNS
from analysis.stats.effects import effects
from analysis.stats.readable import readable_effects, readable_views
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
