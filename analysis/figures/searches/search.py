"""What the figures of a search share: its configurations in the order in which they were begun."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.data.groups import (
    COSTS,
    is_logarithmic,
    measured_groups,
    param_names,
    varying,
)
from analysis.data.labels import constants, metric_label
from analysis.errors import AnalysisError
from analysis.figures.parts.foremost import foremost
from analysis.figures.parts.framing import frame
from analysis.figures.parts.layout import each, head, scale_of
from analysis.figures.parts.style import GREY
from analysis.records import State
from analysis.text.plain import counted

ORDER = "Configurations, in the order in which they began"
TWO = "--by lr --by hidden"
"""Options of the examples of figures of two params."""


class Search:
    """The finished configurations of runs, and those that were pruned, by their begin.

    Attributes:
        groups: Those that finished, as `group_runs` gives them.
        pruned: Those of which no seed finished but one was pruned: their params and `value`, the
            metric when they were ended, the mean over their seeds.
        number: The place of each of both, from 1.
        metric: What they are judged by.
        varied: The params that tell those that finished apart.

    Args:
        runs: As `load_runs` gives them.
        *metrics: What they are judged by, and others that all must have.
        drawn: States of runs that the figure draws itself, beside those that finished.
    """

    def __init__(self, runs: pd.DataFrame, *metrics: str, drawn: Collection[str] = ()) -> None:
        groups, self._left_out = measured_groups(runs, *metrics, drawn=drawn)
        self.metric = metrics[0]
        self.pruned = _pruned(runs[~runs["group_id"].isin(groups.index)], self.metric)
        begun = runs.groupby("group_id")["start"].min()
        begun = begun[begun.index.isin([*groups.index, *self.pruned.index])]
        order = begun.reset_index().sort_values(["start", "group_id"], kind="stable")["group_id"]
        self.number = pd.Series(range(1, len(order) + 1), index=order)
        self.groups = groups.loc[[name for name in order if name in groups.index]]
        self.varied = varying(groups, param_names(groups))
        # of those that were pruned, too: they tell how wide the search was
        self.logarithmic = [name for name in self.varied if is_logarithmic(runs, name)]

    @property
    def values(self) -> pd.Series[float]:
        """The metric of those that finished, as it is drawn."""
        return self.groups[f"{self.metric}_mean"] * scale_of(self.metric)

    @property
    def _count(self) -> str:
        return counted(len(self.groups), "configuration")

    @property
    def is_cost(self) -> bool:
        """Whether less is better."""
        return self.metric in COSTS

    def params(self, by: Sequence[str], what: str) -> list[str]:
        """The params that are asked for, or those that vary.

        Raises:
            AnalysisError: One does not vary, or none does.
        """
        for name in by:
            if name not in self.varied:
                known = ", ".join(self.varied) or "none"
                raise AnalysisError(f"{what}: {name!r} does not vary here; those that do: {known}")
        if not self.varied:
            raise AnalysisError(f"{what}: no param varies among {self._count}")
        return list(by) or self.varied

    def foremost(self, params: Sequence[str], most: int) -> tuple[list[str], str]:
        """Those of the params that there is room for, and what a reader must know of that."""
        return foremost(self.groups, params, self.metric, most)

    def mark_pruned(self, axes: Axes, places: pd.Series[Any], size: float) -> str:
        """Fit the y axis to what finished, and mark what was pruned, where it was ended.

        Args:
            axes: Where the values are drawn.
            places: Along x, of those that were pruned, where their values are known.
            size: Of the marks, in points.

        Returns:
            What the marks are, in words; empty without one.
        """
        known = self.pruned["value"].dropna()
        low, high = frame(axes, self.values, known)
        inside = known.between(low, high)
        for marker, those, label in (
            ("x", inside, "pruned, when ended"),
            ("v", known < low, "pruned, below the axis"),
            ("^", known > high, "pruned, above the axis"),
        ):
            at = [name for name in places.index if those.get(name, False)]
            if at:
                y = known[at].clip(low, high)
                axes.plot(places[at], y, marker, color=GREY, markersize=size, label=label)
        if known.empty:
            return ""
        beyond = "" if inside.all() else ", triangles where that is beyond the axis"
        return f"crosses: pruned, where they were ended{beyond}"

    def finish(self, figure: Figure, notes: Sequence[str] = (), title: str = "") -> Figure:
        """Title and notes."""
        said = [title or metric_label(self.metric), *constants(self.groups)]
        shown = f"{self._count}, {each(self.groups['n'])}"
        head(figure, said, [shown, *notes, *self._left_out])
        return figure


def _pruned(runs: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The configurations that were pruned, with the last that is known of the metric."""
    last = metric.removeprefix("best_")
    ended = runs[runs["state"] == State.PRUNED]
    found = ended.groupby("group_id").first()
    known = ended.groupby("group_id")[last].mean() if last in ended else float("nan")
    return found.assign(value=known * scale_of(metric))
