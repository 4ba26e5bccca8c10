"""The labels of components and networks of users, which their runs bring along.

A run has them in a tag, as only the machine that trains it has the files. Tables of runs keep the
values, by which they are read and written again; `analysis.data.labelled` puts the labels in their
place for people. Where runs have different labels for a value, as after a change of a file, the
label of the latest run counts: one value has one label. Values without one are shown themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import pandas as pd

from analysis.records import Tag
from analysis.store.record import RunRecord
from analysis.text.plain import one_line

ATTRIBUTE = "labels"
"""Where a table keeps them."""


Labels = dict[str, dict[str, str]]
"""By param, by value."""


def labels_of(records: Iterable[RunRecord]) -> Labels:
    """The labels that runs bring along, of the values that they have."""
    found: Labels = {}
    for record in sorted(records, key=lambda run: (run.start_ms, run.run_id)):
        for param, label in _told(record.tags.get(Tag.LABELS, "")).items():
            if param in record.params:
                found.setdefault(param, {})[record.params[param]] = label
    return found


def keep_labels(table: pd.DataFrame, labels: Labels) -> None:
    """Keep labels with a table of runs, or with one that was made of it, for `labelled`."""
    if labels:
        table.attrs[ATTRIBUTE] = labels


def kept_labels(table: pd.DataFrame) -> Labels:
    """The labels that a table was made with; none if all its values speak for themselves."""
    found: Labels = table.attrs.get(ATTRIBUTE, {})
    return found


def _told(text: str) -> dict[str, str]:
    """The labels in a tag, which anybody may have written; what is not a label is left out."""
    try:
        told = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    pairs = told.items() if isinstance(told, dict) else ()
    return {
        param: one_line(label)
        for param, label in pairs
        if isinstance(label, str) and one_line(label)
    }
