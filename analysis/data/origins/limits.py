"""Configurations that finished and break a limit of their sweep."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from analysis.data.origins.plans import limits_of
from analysis.records import BREAKS_A_LIMIT, State

_LIMIT = re.compile(r"(\w+) (<=|>=) *([-+.\deE]+)")


def over_a_limit(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of configurations that were trained to their end and break a limit."""
    ended = runs[runs["state"] == State.PRUNED]
    return ended[ended["error"].fillna("").str.startswith(BREAKS_A_LIMIT)]


def none_keeps_the_limits(runs: pd.DataFrame) -> str:
    """That all that finished breaks a limit, and what came nearest; empty if it is not so."""
    broken, limits = over_a_limit(runs), limits_of(runs)
    if broken.empty or (runs["state"] == State.DONE).any():
        return ""
    found = f"{broken['group_id'].nunique()} configurations finished, and none keeps"
    found += f" {', '.join(limits) or 'the limits of its sweep'}"
    nearest = _nearest(broken, limits)
    return f"{found}; the nearest {nearest}" if nearest else found


def _nearest(broken: pd.DataFrame, limits: Sequence[str]) -> str:
    """Why the configuration breaks a limit that does so by least, in relation to the limit."""
    excess = pd.Series(0.0, index=broken.index)
    known = [match for match in map(_LIMIT.fullmatch, limits) if match]
    for match in known:
        name, limit = f"best_{match[1]}", float(match[3])
        if name not in broken:
            return ""
        over = (broken[name] - limit) * (1 if match[2] == "<=" else -1)
        excess += over.clip(lower=0) / (abs(limit) or 1.0)
    means = excess.groupby(broken["group_id"]).mean()
    if not known or means.isna().all():
        return ""
    return str(broken.loc[broken["group_id"] == means.idxmin(), "error"].iloc[0])
