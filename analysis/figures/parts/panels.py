"""Panels of what differs too much for one axis."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from analysis.data.groups import levels
from analysis.data.labels import value_labels

_APART, _MOST = ("dataset", "preset"), 3


def panels(groups: pd.DataFrame, shown: Collection[str | None] = ()) -> dict[str, pd.DataFrame]:
    """The configurations of every data set and preset, by their names; in one if they are many.

    Args:
        groups: As `group_runs` gives them.
        shown: Params that the figure tells apart in another way.
    """
    apart = [
        name for name in _APART if name in groups and name not in shown and levels(groups, name) > 1
    ]
    if not apart or len(groups[apart].drop_duplicates()) > _MOST:
        return {"": groups}
    return {
        ", ".join(value_labels(dict(zip(apart, key, strict=True)), apart)): members
        for key, members in groups.groupby(apart, sort=True)
    }
