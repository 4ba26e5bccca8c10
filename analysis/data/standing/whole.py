"""Which configurations have all the seeds that their sweep asks for."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.records import State


def seeds_by_group(trials: pd.DataFrame) -> pd.Series[int]:
    """How many seeds each configuration has, or will have if its sweep asks for more."""
    there = trials.groupby("group_id").size()
    if "seeds_asked" not in trials:
        return there
    asked = trials.groupby("group_id")["seeds_asked"].max().fillna(1).astype("int64")
    return there.clip(lower=asked)


def whole_ones(groups: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    """The configurations with all their seeds; all of them if none has.

    Args:
        groups: Configurations, indexed by `group_id`.
        trials: The runs that they are of.
    """
    whole = groups[~groups.index.isin(partial_groups(trials))]
    return groups if whole.empty else whole


def partial_groups(trials: pd.DataFrame) -> pd.Index[Any]:
    """The configurations of which a seed is not done, or has not begun though it is asked for."""
    done = (trials["state"] == State.DONE).groupby(trials["group_id"]).sum()
    return done.index[done < seeds_by_group(trials)]
