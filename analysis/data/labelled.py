"""Tables with the labels of users' components in place of their names, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.data.labels import legend_label
from analysis.data.own_labels import ATTRIBUTE, kept_labels

_TOLD = {"constant", "where_used"}  # attributes of summaries: values as text, by param


def labelled(table: pd.DataFrame) -> pd.DataFrame:
    """The table with labels in place of values of users' components, for people.

    Two values never get one name: where a label is the name of another value, too, the value stands
    behind it.

    >>> runs = load_runs([committed("published-fashion")])
    >>> labelled(runs) is runs  # all of its components are ours
    True

    Args:
        table: As `load_runs` or `summarise` gives it.
    """
    labels = kept_labels(table)
    if not labels:
        return table
    shown = table.copy()
    del shown.attrs[ATTRIBUTE]
    for param, names in labels.items():
        if param in shown and pd.api.types.is_string_dtype(shown[param]):
            shown[param] = shown[param].replace(_distinct(param, names, shown[param]))
    for attribute in table.attrs.keys() & _TOLD:
        told: Mapping[str, str] = table.attrs[attribute]
        shown.attrs[attribute] = {
            param: labels.get(param, {}).get(value, value) for param, value in told.items()
        }
    return shown


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
