"""Equivalence at several margins: how small a difference is shown to be, in one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.stats.effects import effects
from analysis.stats.margins import Margin

COLUMNS = (
    "group",
    "factor",
    "baseline",
    "level",
    "n_configurations",
    "n_seeds",
    "estimate",
    "low",
    "high",
    "looks",
)


def equivalences(
    runs: pd.DataFrame, margins: Sequence[Margin], factors: Sequence[str] = (), **options: Any
) -> pd.DataFrame:
    """The effects of every factor, one row per comparison and margin.

    Columns: `COLUMNS` as of `effects`; `asked`, the margin in words; `margin`, in units of the
    metric; `p_equivalence_holm`, corrected over the comparisons, each margin for itself: who states
    several margins may read the smallest at which a difference is shown to be within it, as the
    tests of a comparison are nested; `verdict`.

    >>> runs = load_runs([committed("published-fashion")])
    >>> table = equivalences(runs, [Margin(0.005), Margin(0.1, relative=True)], ["recurrent"],
    ...                      within=["preset"])
    >>> table["asked"].unique().tolist()
    ['±0.5', '±10 % of the errors']

    Args:
        runs: As `load_runs` gives them.
        margins: In the order of the table.
        factors: As of `effects`.
        options: Others of `effects`.

    Raises:
        AnalysisError: As of `effects`.
    """
    tables = [effects(runs, factors, margin=margin, **options) for margin in margins]
    metric = tables[0].attrs["metric"]
    parts = [
        table.assign(asked=margin.words(metric), place=range(len(table)))
        for margin, table in zip(margins, tables, strict=True)
    ]
    whole = pd.concat(parts).sort_values("place", kind="stable", ignore_index=True)
    whole = whole[[*COLUMNS, "asked", "margin", "p_equivalence_holm", "verdict"]]
    whole.attrs |= {**tables[0].attrs, "margins": [margin.words(metric) for margin in margins]}
    return whole
