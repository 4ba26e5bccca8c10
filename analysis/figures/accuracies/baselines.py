"""The networks without spikes beside which spiking ones are drawn: their kinds and looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.data.groups import BASELINE


@dataclass(frozen=True)
class Baseline:
    """A kind of network without spikes.

    Attributes:
        label: Of its points.
        front: Of its front.
        counted: What its synaptic operations are.
        marker: Of its points.
        line: The style of its front.
    """

    label: str
    front: str
    counted: str
    marker: str
    line: str


_OF_GREY_LEVELS = Baseline("MLP", "front of the MLPs", "multiply-accumulates", "x", "--")
_OF_BLACK_AND_WHITE = Baseline(
    "MLP, black and white pixels",
    "front of these MLPs",
    "additions and multiply-accumulates",
    "+",
    ":",
)
"""Its first layer adds, as that of a spiking network does."""

_KINDS = (_OF_GREY_LEVELS, _OF_BLACK_AND_WHITE)


def is_baseline(points: pd.DataFrame) -> pd.Series[bool]:
    """Which rows are networks without spikes."""
    return pd.Series([row.get("dynamics") == BASELINE for row in _rows(points)], points.index, bool)


def by_kind(baselines: pd.DataFrame) -> Iterator[tuple[Baseline, pd.DataFrame]]:
    """The kinds that are there, with their rows."""
    kinds = [_kind(row) for row in _rows(baselines)]
    for kind in _KINDS:
        mine = baselines[[other is kind for other in kinds]]
        if not mine.empty:
            yield kind, mine


def _kind(row: Mapping[Any, Any]) -> Baseline:
    threshold = row.get("pixel_threshold")
    return _OF_GREY_LEVELS if pd.isna(threshold) or threshold == 0 else _OF_BLACK_AND_WHITE


def _rows(table: pd.DataFrame) -> list[dict[Any, Any]]:
    rows: list[dict[Any, Any]] = table.to_dict("records")
    return rows
