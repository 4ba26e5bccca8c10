"""The Pareto front: the compromises that no other dominates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.records import MAX


def pareto_front(table: pd.DataFrame, directions: Mapping[str, str]) -> pd.DataFrame:
    """The rows that no other dominates: better in one column, and as good in all others.

    Of rows that are equal in all of the columns the first stays. The order is that of the table.

    >>> table = pd.DataFrame({"accuracy": [0.9, 0.8, 0.7], "operations": [3, 1, 2]})
    >>> pareto_front(table, {"accuracy": "max", "operations": "min"}).index.tolist()
    [0, 1]

    Args:
        table: One row per compromise.
        directions: Columns without gaps, and whether `max` or `min` is better.
    """
    return table[on_front(table, directions)].drop_duplicates(list(directions))


def on_front(table: pd.DataFrame, directions: Mapping[str, str]) -> pd.Series[bool]:
    """Whether no other row dominates a row, for each; of equal rows all or none.

    Args:
        table: One row per compromise.
        directions: Columns without gaps, and whether `max` or `min` is better.
    """
    signs = [1.0 if direction == MAX else -1.0 for direction in directions.values()]
    merits = table[list(directions)].to_numpy(np.float64) * signs
    beaten = [
        bool(((merits >= own).all(axis=1) & (merits > own).any(axis=1)).any()) for own in merits
    ]
    return pd.Series(~np.array(beaten, dtype=bool), index=table.index)
