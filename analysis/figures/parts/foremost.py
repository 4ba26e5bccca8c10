"""Which params a figure shows, where it has no room for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.data.groups import is_number
from analysis.text.typeset import as_text

_CLASSES = 4  # that numbers of many values are put into


def foremost(
    groups: pd.DataFrame, params: Sequence[str], metric: str, most: int
) -> tuple[list[str], str]:
    """The params that explain most of the ranks by a metric, each alone, and a note; or all.

    The share is that of the variance of the ranks between the values of a param, corrected for
    their number; numbers of many values are put into quarters. It needs few configurations and no
    model, and decides nothing but what is drawn.

    Args:
        groups: Configurations, with the column `{metric}_mean`.
        params: Of them.
        metric: What ranks them.
        most: How many there is room for.
    """
    if len(params) <= most:
        return list(params), ""
    ranks = groups[f"{metric}_mean"].rank()
    shares = {name: _share(groups[name], ranks) for name in params}
    kept = sorted(params, key=lambda name: -shares[name])[:most]
    return kept, f"the {most} of {len(params)} params that explain most of the ranks, each alone"


def _share(column: pd.Series[Any], ranks: pd.Series[float]) -> float:
    levels = _levels(column)
    total, n, k = ((ranks - ranks.mean()) ** 2).sum(), len(ranks), levels.nunique()
    if total == 0 or n <= k:
        return 0.0
    within = ((ranks - ranks.groupby(levels).transform("mean")) ** 2).sum()
    return float(1 - within / (n - k) / (total / (n - 1)))


def _levels(column: pd.Series[Any]) -> pd.Series[str]:
    if is_number(column) and column.nunique() > _CLASSES:
        classes = pd.qcut(column.astype("float64"), _CLASSES, labels=False, duplicates="drop")
        return classes.map(as_text)
    return column.map(as_text)
