"""Which configurations dots and bars show, and which params group and colour them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.data.groups import levels, measured_groups, param_names, require_param, varying
from analysis.data.labels import in_order, value_label
from analysis.figures.parts.style import LOOKS
from analysis.records import FACTORS
from analysis.text.typeset import as_text

GROUPED_BY = ("dataset", "preset", "network", "dynamics", "recurrent", "encoding")
COLOURED_BY = ("hidden", "learn_beta", "epochs")
"""The first of them that varies, in as many values as there are colours, is the colour."""

_APART = ("dataset", "preset")  # have panels of their own: they differ by tens of points
# Where nothing but these and the colours varies, every configuration is shown.
_OF_A_GRID = (*(name for name in FACTORS if name != "hidden"), "epochs")
_MOST_TOLD = 6  # of the params that vary beside those that are shown
_MOST_PLACES = 12  # values of another param that groups


@dataclass(frozen=True)
class Selection:
    """What is shown of the configurations.

    Attributes:
        best: Those that are shown, the best by validation first.
        groups: All of them.
        shown: The params that tell groups apart.
        coloured_by: The one that tells colours apart.
        left_out: What is not among them, in words.
    """

    best: pd.DataFrame
    groups: pd.DataFrame
    shown: list[str]
    coloured_by: str | None
    left_out: list[str]

    def notes(self, each: str) -> list[str]:
        """What a reader must know of the choice; `each` is what one of them is drawn as."""
        if len(self.groups) == len(self.best):
            return []
        told = [f"each {each} the best by validation (of {len(self.groups)} in all)"]
        others = [name for name in self.varied if name not in self._told_apart]
        if others:
            more = f" and {len(others) - _MOST_TOLD} more" if len(others) > _MOST_TOLD else ""
            what = "what varies" if len(self.best) == 1 else "what varies, too"
            names = ", ".join(others[:_MOST_TOLD])
            told.append(f"{what}: {names}{more}; --by names those that stand apart")
        return told

    @property
    def panels(self) -> list[str]:
        """The params whose values have a panel each; where nothing else is shown, none."""
        apart = [name for name in self.shown if name in _APART]
        return apart if len(apart) < len(self.shown) else []

    @property
    def labels(self) -> list[str]:
        """The params that name the groups in a panel."""
        return [name for name in self.shown if name not in self.panels]

    def panel(self, row: Mapping[Any, Any]) -> str:
        """The name of the panel of a configuration."""
        return ", ".join(value_label(name, row[name]) for name in self.panels)

    @property
    def varied(self) -> list[str]:
        """The params that tell all configurations apart."""
        return varying(self.groups, param_names(self.groups))

    @property
    def _told_apart(self) -> list[str]:
        return [*self.shown, *([self.coloured_by] if self.coloured_by else [])]


def select(
    runs: pd.DataFrame,
    metric: str,
    grouped_by: Sequence[str] | None = None,
    coloured_by: str | None = None,
) -> Selection:
    """The best by validation of every group and colour.

    Raises:
        AnalysisError: No run is finished, none has the metric, or a param is unknown.
    """
    for name in (*(grouped_by or ()), *([coloured_by] if coloured_by else ())):
        require_param(runs, name)
    groups, left_out = measured_groups(runs, metric)
    factors, coloured_by = _roles(groups, grouped_by, coloured_by)
    shown = [name for name in factors if levels(groups, name) > 1]
    told_apart = [*shown, coloured_by] if coloured_by else shown
    # The best by validation stands first; an absent value is one of its own.
    best = groups[~groups[told_apart].map(as_text).duplicated()] if told_apart else groups[:1]
    shown = shown or [name for name in factors if name not in _APART] or factors
    return Selection(best, groups, shown, coloured_by, left_out)


def _roles(
    groups: pd.DataFrame, grouped_by: Sequence[str] | None, coloured_by: str | None
) -> tuple[list[str], str | None]:
    """The params of the groups and the one of the colours."""
    values = {name: len(in_order(groups[name])) for name in param_names(groups)}
    varied = varying(groups, param_names(groups))
    if coloured_by is None:
        # One that only follows from another, as a fixed β from ALIF, tells nothing apart.
        free = [name for name in COLOURED_BY if name in varied and name not in (grouped_by or ())]
        few = [name for name in free if values[name] <= len(LOOKS)]
        coloured_by = few[0] if few else None
    if grouped_by is None:
        grouped_by = _OF_A_GRID if {*varied} <= {*_OF_A_GRID, coloured_by} else GROUPED_BY
        few = [name for name in varied if values[name] <= _MOST_PLACES]
        if coloured_by is None and few and {*varied}.isdisjoint(grouped_by):
            grouped_by = few[:1]  # else there would be a single one
    return [name for name in grouped_by if name in groups and name != coloured_by], coloured_by
