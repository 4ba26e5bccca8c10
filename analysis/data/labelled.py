"""Tables for people: labels in place of the names of users' components, short names for paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.data.labels import OUR_DATA, legend_label
from analysis.data.own_labels import ATTRIBUTE, Labels, kept_labels
from analysis.data.short_paths import is_path, short_names

_DATA = "dataset"
_TOLD = {
    "constant",
    "constant_here",
    "by_default",
    "where_used",
}  # attributes of summaries: values as text, by param


def labelled(table: pd.DataFrame) -> pd.DataFrame:
    """The table for people: labels of users' components, and short names of their data.

    Data that are given by a path have the name of the file, with more of the path where two would
    be the same. Two values never get one name: where a label is the name of another value, too, the
    value stands behind it.

    >>> runs = load_runs([committed("published-fashion")])
    >>> labelled(runs) is runs  # all of its components and data are ours
    True

    Args:
        table: As `load_runs` or `summarise` gives it.
    """
    labels = _with_short_paths(table)
    if not labels:
        return table
    shown = table.copy()
    shown.attrs.pop(ATTRIBUTE, None)
    for param, names in labels.items():
        if param in shown and pd.api.types.is_string_dtype(shown[param]):
            shown[param] = shown[param].replace(_distinct(param, names, shown[param]))
    for attribute in table.attrs.keys() & _TOLD:
        told: Mapping[str, str] = table.attrs[attribute]
        shown.attrs[attribute] = {
            param: labels.get(param, {}).get(value, value) for param, value in told.items()
        }
    return shown


def _with_short_paths(table: pd.DataFrame) -> Labels:
    """The labels of a table, with short names of the data that are given by a path."""
    labels = kept_labels(table)
    there = set(table[_DATA].dropna().map(str)) if _DATA in table else set()
    there |= {table.attrs[it][_DATA] for it in _TOLD if _DATA in table.attrs.get(it, {})}
    own = labels.get(_DATA, {})
    paths = sorted(value for value in there if is_path(value) and value not in own)
    if not paths:
        return labels
    others = there.difference(paths)
    taken = others | OUR_DATA | {own.get(value, value) for value in others}
    return {**labels, _DATA: {**short_names(paths, taken), **own}}


def _distinct(param: str, names: Mapping[str, str], column: pd.Series[Any]) -> dict[str, str]:
    """The labels of the values in a column, each another one than all that else stands there."""
    there = [str(value) for value in column.dropna().unique()]
    shown = [names.get(value, legend_label(param, value)) for value in there]
    taken = [*shown, *(value for value in there if names.get(value) != value)]
    return {
        value: name if taken.count(name) == 1 else f"{name} ({value})"
        for value, name in zip(there, shown, strict=True)
        if value in names
    }
