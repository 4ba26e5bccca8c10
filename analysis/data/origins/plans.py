"""What sweeps were asked for, as far as tables of their runs tell it: searched keys, and limits.

It is read from the specifications in the runs of launches. A table keeps it as plain texts, since
Parquet writes what a table keeps as JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
import yaml

from analysis.records import BREAKS_A_LIMIT, State, Tag
from analysis.store.record import RunRecord

_SEARCHED, _LIMITS = "searched", "limits"
_LIMIT = re.compile(r"(\w+) (<=|>=) *([-+.\deE]+)")


def keep_plans(table: pd.DataFrame, records: Iterable[RunRecord]) -> None:
    """Keep with a table of runs what their sweeps searched, and their limits."""
    specs = {record.tags.get(Tag.SPEC, "") for record in records if not record.is_trial}
    plans = [plan for plan in map(_read, sorted(specs)) if plan]
    for name, of_plan in ((_SEARCHED, _keys), (_LIMITS, _limits)):
        if found := list(dict.fromkeys(text for plan in plans for text in of_plan(plan))):
            table.attrs[name] = found


def searched_params(runs: pd.DataFrame) -> list[str]:
    """The params that the sweeps of these runs searched; none where that is not known."""
    return list(runs.attrs.get(_SEARCHED, ()))


def limits_of(runs: pd.DataFrame) -> list[str]:
    """The limits of the sweeps of these runs, such as `synops_per_inference <= 5000`."""
    return list(runs.attrs.get(_LIMITS, ()))


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


def _read(spec: str) -> Mapping[str, Any] | None:
    """A specification, which anybody may have written; None if it is none, or was cut off."""
    try:
        told = yaml.safe_load(spec) if spec else None
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def _keys(plan: Mapping[str, Any]) -> Iterator[str]:
    search, points = plan.get("search"), plan.get("points")
    yield from map(str, search if isinstance(search, dict) else ())
    for point in points if isinstance(points, list) else ():
        yield from map(str, point if isinstance(point, dict) else ())


def _limits(plan: Mapping[str, Any]) -> Iterator[str]:
    told = plan.get("constraints")
    for name, limit in told.items() if isinstance(told, dict) else ():
        yield f"{name} {limit}"
