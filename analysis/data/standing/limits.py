"""Configurations that finished and break a limit of their sweep."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from analysis.data.origins.plans import limits_of
from analysis.records import BREAKS_A_LIMIT, State
from analysis.text.plain import counted

_LIMIT = re.compile(r"(\w+) (<=|>=) *([-+.\deE]+)")


def over_a_limit(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of configurations that were trained to their end and break a limit."""
    ended = runs[runs["state"] == State.PRUNED]
    return ended[ended["error"].fillna("").str.startswith(BREAKS_A_LIMIT)]


def counts_by_state(runs: pd.DataFrame) -> pd.Series[int]:
    """How many runs have each state; those over a limit apart, which count as pruned elsewhere."""
    broken = runs.index.isin(over_a_limit(runs).index)
    return runs["state"].mask(broken, "over a limit").value_counts()


def none_keeps_the_limits(runs: pd.DataFrame) -> str:
    """That all that finished breaks a limit, and what came nearest; empty if it is not so."""
    broken, limits = over_a_limit(runs), limits_of(runs)
    if broken.empty or (runs["state"] == State.DONE).any():
        return ""
    found = f"{counted(broken['group_id'].nunique(), 'configuration')} finished, and none keeps"
    found += f" {', '.join(limits) or 'the limits of its sweep'}"
    nearest = _nearest(broken, limits)
    return f"{found}; the nearest {nearest}" if nearest else found


def breaks_by(runs: pd.DataFrame, prefix: str = "") -> pd.Series[float] | None:
    """By how much each run breaks the limits of its sweep, in relation to them; 0 if it does not.

    Args:
        runs: Of sweeps with the same limits.
        prefix: `best_` for the metrics of the best epochs; those of the latest ones have none.

    Returns:
        One for each run, NaN where a metric is missing; None if the runs have no such metric.
    """
    excess = pd.Series(0.0, index=runs.index)
    for match in filter(None, map(_LIMIT.fullmatch, limits_of(runs))):
        name, limit = f"{prefix}{match[1]}", float(match[3])
        if name not in runs:
            return None
        over = (runs[name] - limit) * (1 if match[2] == "<=" else -1)
        excess += over.clip(lower=0) / (abs(limit) or 1.0)
    return excess


def _nearest(broken: pd.DataFrame, limits: Sequence[str]) -> str:
    """Why the configuration breaks a limit that does so by least, in relation to the limit."""
    excess = breaks_by(broken, "best_")
    if excess is None or not any(map(_LIMIT.fullmatch, limits)):
        return ""
    means = excess.groupby(broken["group_id"]).mean()
    return (
        ""
        if means.isna().all()
        else str(broken.loc[broken["group_id"] == means.idxmin(), "error"].iloc[0])
    )
