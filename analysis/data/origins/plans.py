"""What sweeps were asked for, as far as tables of their runs tell it: keys, scales, aims, limits.

It is read from the specifications in the runs of launches. A table keeps it as plain texts, since
Parquet writes what a table keeps as JSON.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd
import yaml

from analysis.records import MAX, MIN, SEARCHABLE, Tag
from analysis.store.record import RunRecord

_SEARCHED, _SCALES, _LIMITS, _AIMS = "searched", "searched_on_log", "limits", "aims"
_DIRECTIONS = "directions"
_NUMBERS = ("int", "float", "uniform", "loguniform")


def keep_plans(table: pd.DataFrame, records: Iterable[RunRecord]) -> None:
    """Keep with a table of runs what their sweeps searched, on which scale, and their limits."""
    specs = {record.tags.get(Tag.SPEC, "") for record in records if not record.is_trial}
    plans = [plan for plan in map(_read, sorted(specs)) if plan]
    for name, of_plan in ((_SEARCHED, _keys), (_LIMITS, _limits), (_AIMS, _aims)):
        if found := list(dict.fromkeys(text for plan in plans for text in of_plan(plan))):
            table.attrs[name] = found
    if scales := _scales(plans):
        table.attrs[_SCALES] = scales
    if directions := _directions(plans):
        table.attrs[_DIRECTIONS] = directions


def searched_params(runs: pd.DataFrame) -> list[str]:
    """The params that the sweeps of these runs searched; none where that is not known."""
    return list(runs.attrs.get(_SEARCHED, ()))


def searched_by_log(runs: pd.DataFrame, param: str) -> bool | None:
    """Whether a number was searched by its logarithm; None where that is not known."""
    scales: Mapping[str, bool] = runs.attrs.get(_SCALES, {})
    return scales.get(param)


def limits_of(runs: pd.DataFrame) -> list[str]:
    """The limits of the sweeps of these runs, such as `synops_per_inference <= 5000`."""
    return list(runs.attrs.get(_LIMITS, ()))


def aims_of(runs: pd.DataFrame) -> list[str]:
    """The metrics that the sweeps of these runs searched for or limited, but for val_accuracy."""
    return [name for name in runs.attrs.get(_AIMS, ()) if f"best_{name}" in runs]


def directions_of(runs: pd.DataFrame) -> dict[str, str]:
    """The metrics of a search for several, with `max` or `min`.

    None where the sweeps of these runs had one metric each, or did not all search for the same.
    """
    directions: Mapping[str, str] = runs.attrs.get(_DIRECTIONS, {})
    return dict(directions) if all(f"best_{name}" in runs for name in directions) else {}


def _read(spec: str) -> Mapping[str, Any] | None:
    """A specification, which anybody may have written; None if it is none, or was cut off."""
    try:
        told = yaml.safe_load(spec) if spec else None
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def _keys(plan: Mapping[str, Any]) -> Iterator[str]:
    """The params that a plan tries several values of; those of a single point, too."""
    search, points = plan.get("search"), plan.get("points")
    yield from map(str, search if isinstance(search, dict) else ())
    told = (
        [point for point in points if isinstance(point, dict)] if isinstance(points, list) else []
    )
    for key in dict.fromkeys(itertools.chain.from_iterable(told)):
        values = {repr(point[key]) for point in told if key in point}
        if len(values) > 1 or len(told) == 1:
            yield str(key)


def _scales(plans: Iterable[Mapping[str, Any]]) -> dict[str, bool]:
    """Whether each searched number was searched by its logarithm, in any of the sweeps."""
    found: dict[str, bool] = {}
    for search in (plan.get("search") for plan in plans):
        for param, how in search.items() if isinstance(search, dict) else ():
            if isinstance(how, dict) and not how.keys().isdisjoint(_NUMBERS):
                log = "loguniform" in how or how.get("log") is True
                found[str(param)] = log or found.get(str(param), False)
    return found


def _aims(plan: Mapping[str, Any]) -> Iterator[str]:
    for told in (plan.get("metric"), plan.get("constraints")):
        names = told if isinstance(told, dict) else [told]
        yield from (name for name in names if name in SEARCHABLE and name != "val_accuracy")


def _directions(plans: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The metrics with their modes that all the plans with several metrics have; else none.

    A plan with one metric, such as that of a confirmation by an earlier version, has no front and
    contradicts none.
    """
    told = [plan["metric"] for plan in plans if isinstance(plan.get("metric"), dict)]
    several = [metrics for metrics in told if len(metrics) > 1]
    if not several or any(metrics != several[0] for metrics in several):
        return {}
    known = all(name in SEARCHABLE and mode in (MAX, MIN) for name, mode in several[0].items())
    return dict(several[0]) if known else {}


def _limits(plan: Mapping[str, Any]) -> Iterator[str]:
    told = plan.get("constraints")
    for name, limit in told.items() if isinstance(told, dict) else ():
        yield f"{name} {limit}"
