"""How a search went, in the plots that users of Optuna know, drawn by Optuna's own functions.

A trial is a configuration with the mean over its seeds, in the order in which they were begun; the
timeline alone shows runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.data.groups import (
    CHOSEN_BY,
    COSTS,
    looks_logarithmic,
    measured_groups,
    param_names,
    varying,
)
from analysis.data.labels import constants, in_order, legend_label, legend_title, metric_label
from analysis.errors import AnalysisError
from analysis.figures.parts.by_optuna import (
    adopt,
    for_all_eyes,
    legend_beside,
    recolour,
    restyled_bars,
    small_labels,
    whole_numbers,
)
from analysis.figures.parts.declaration import FigureKind, Options, Source
from analysis.figures.parts.layout import axis_label, each, head
from analysis.figures.parts.studies import is_number, study_of, study_of_times, study_of_two
from analysis.figures.parts.style import LOOKS, SMALL, looks, styled
from analysis.records import State
from analysis.store.optuna_internals import plain_plots
from analysis.text.typeset import as_text

if TYPE_CHECKING:
    from optuna import Study

_PANEL = 2.2  # inches of one of several panels
_MOST_AXES = 3  # params against each other, unless they are named
_TWO = "--by lr --by hidden"
_ENDED = {"COMPLETE": "done", "PRUNED": "pruned", "FAIL": "failed or interrupted"}
_ORDER = "Configuration, in the order of their begin"


class _Search:
    """The finished configurations of runs, in the order in which they were begun."""

    def __init__(self, runs: pd.DataFrame, *metrics: str) -> None:
        groups, self.left_out = measured_groups(runs, *metrics)
        begun = runs.groupby("group_id")["start"].min().reindex(groups.index)
        self.groups = groups.assign(_begun=begun).sort_values(["_begun", "group_id"], kind="stable")
        self.groups = self.groups.drop(columns="_begun")
        self.metric = metrics[0]
        self.varied = varying(groups, param_names(groups))
        # of those that were pruned, too: they tell how wide the search was
        self._log = [name for name in self.varied if _on_decades(runs[name])]

    def study(self, params: Sequence[str] = ()) -> Study:
        """As a study of Optuna."""
        return study_of(self.groups, params, self.metric, self._log)

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
            raise AnalysisError(f"{what}: no param varies among {len(self.groups)} configurations")
        return list(by) or self.varied

    def everywhere(self, params: Sequence[str]) -> list[str]:
        """The first few of the params, of those that all configurations have if they are enough."""
        in_all = [name for name in params if self.groups[name].notna().all()]
        return (in_all if len(in_all) > 1 else list(params))[:_MOST_AXES]

    def finish(self, figure: Figure, notes: Sequence[str] = (), title: str = "") -> Figure:
        """Title and notes."""
        said = [title or metric_label(self.metric), *constants(self.groups)]
        counted = f"{len(self.groups)} configurations, {each(self.groups['n'])}"
        head(figure, said, [counted, *notes, *self.left_out])
        return figure


def _on_decades(column: pd.Series[Any]) -> bool:
    """Whether a param was searched by its logarithm: its median is near the middle on that scale.

    The median of a search on a plain scale, such as from 0 to 1, is nearer to the plain middle.
    """
    if not looks_logarithmic(column):
        return False
    low, middle, high = np.log(column.dropna().quantile([0, 0.5, 1]).to_numpy(dtype=np.float64))
    plain = np.log((np.exp(low) + np.exp(high)) / 2)
    return bool(abs(middle - (low + high) / 2) < abs(middle - plain))


def history(source: Source, options: Options) -> Figure:
    """The metric of every configuration, and the best so far."""
    from optuna.visualization.matplotlib import plot_optimization_history

    search = _Search(source.runs, options.metric)
    with styled(), plain_plots():
        axes = plot_optimization_history(search.study(), target_name=axis_label(options.metric))
        figure = adopt(axes, 5.2, 3.4)
        recolour(axes)
        axes.set_xlabel(_ORDER)
        whole_numbers(axes.xaxis)
        legend_beside(figure, axes, ["each configuration", "the best so far"])
        return search.finish(figure)


def slices(source: Source, options: Options) -> Figure:
    """The metric over every param, one panel each."""
    from optuna.visualization.matplotlib import plot_slice

    search = _Search(source.runs, options.metric)
    params = search.params(options.by, "slice")
    with styled(), plain_plots():
        axes = plot_slice(search.study(params), params, target_name=axis_label(options.metric))
        figure = adopt(axes, 1.4 + _PANEL * len(params), 3.4)
        for panel in figure.axes:
            for_all_eyes(panel)
            small_labels(panel)
        figure.axes[-1].set_ylabel(_ORDER, fontsize=SMALL)
        whole_numbers(figure.axes[-1].yaxis)
        return search.finish(figure)


def contour(source: Source, options: Options) -> Figure:
    """The metric over two params, or over every two of several, interpolated."""
    from optuna.visualization.matplotlib import plot_contour

    search = _Search(source.runs, options.metric)
    numbers = [name for name in search.varied if is_number(search.groups[name])]
    params = search.params(options.by, "contour")
    params = params if options.by else search.everywhere(numbers)
    return _pairs(search, params, numbers, "contour", plot_contour)


def rank(source: Source, options: Options) -> Figure:
    """Configurations over two params, or over every two of several, coloured by their rank."""
    from optuna.visualization.matplotlib import plot_rank

    search = _Search(source.runs, options.metric)
    params = search.params(options.by, "rank")
    params = params if options.by else search.everywhere(params)
    return _pairs(search, params, params, "rank", plot_rank)


def _pairs(
    search: _Search,
    params: Sequence[str],
    able: Sequence[str],
    what: str,
    plot: Callable[..., Any],
) -> Figure:
    """Params against each other.

    Raises:
        AnalysisError: There are not two that can be.
    """
    unable = [name for name in params if name not in able]
    if unable:
        raise AnalysisError(f"{what}: {unable[0]} has no numbers; those that do: {', '.join(able)}")
    if len(params) < 2:
        kind = "numeric params that vary" if what == "contour" else "params that vary"
        found = ", ".join(params) or "none"
        raise AnalysisError(f"{what}: needs two {kind}, found {found}")
    with styled(), plain_plots():
        drawn = plot(search.study(params), list(params), target_name=axis_label(search.metric))
        panels = len(params) if len(params) > 2 else 1
        size = 1.4 + (_PANEL * panels if panels > 1 else 3.6)
        figure = adopt(drawn, size + 0.9, size)
        for panel in figure.axes:
            small_labels(panel)
            if what == "contour":
                for_all_eyes(panel)
        complete = int(search.groups[list(params)].notna().all(axis=1).sum())
        lacking = len(search.groups) - complete
        notes = [f"not shown: {lacking} without a value of a param"] if lacking else []
        drawn_how = "between the points: interpolated" if what == "contour" else "colour: rank"
        return search.finish(figure, [drawn_how, *notes])


def edf(source: Source, options: Options) -> Figure:
    """Which share of the configurations is at most so good, by the values of a param."""
    from optuna.visualization.matplotlib import plot_edf

    search = _Search(source.runs, options.metric)
    by = search.params(options.by, "edf")[0] if options.by else ""
    texts = search.groups[by].map(as_text) if by else pd.Series("", index=search.groups.index)
    names = in_order(texts)
    studies = [study_of(search.groups[texts == name], (), search.metric) for name in names]
    with styled(), plain_plots():
        axes = plot_edf(studies, target_name=axis_label(search.metric))
        figure = adopt(axes, 5.2, 3.4)
        axes.set_ylabel("Share of the configurations")
        for line, look in zip(axes.lines, looks(names, by or "edf").values(), strict=True):
            line.set(color=look.colour, linestyle=look.line, alpha=1)
        labels = [f"{legend_label(by, name)} (n = {(texts == name).sum()})" for name in names]
        legend_beside(figure, axes, labels if by else [], legend_title(by) if by else None)
        better = "lower" if search.metric in COSTS else "further right"
        return search.finish(figure, [f"the better, the {better} the line"])


def timeline(source: Source, options: Options) -> Figure:
    """When every run ran, and how it ended."""
    from optuna.visualization.matplotlib import plot_timeline

    runs = source.runs.dropna(subset=["start", "duration_s"])
    runs = runs[runs["state"] != State.RUNNING].sort_values(["start", "run_id"], kind="stable")
    if runs.empty:
        raise AnalysisError("timeline: no run has ended")
    with styled(), plain_plots():
        axes = plot_timeline(study_of_times(runs))
        figure = adopt(axes, 5.2, 3.6)
        for label in axes.get_xticklabels():
            label.set(rotation=30, horizontalalignment="right")
        axes.set_xlabel("Time of the day (UTC)")
        axes.set_ylabel("Run, in the order of their begin")
        axes.grid(visible=False, axis="y")
        told = restyled_bars(axes)
        legend_beside(figure, axes, [_ENDED[name] for name in told])
        lacking = len(source.runs) - len(runs)
        first = runs["start"].iloc[0]
        notes = [
            f"{len(runs)} runs, the first of {first:%Y-%m-%d}",
            f"not shown: {lacking} without an end" if lacking else "",
        ]
        head(figure, ["When the runs ran", *constants(runs)], notes)
        return figure


def hypervolume(source: Source, options: Options) -> Figure:
    """How much of the box from the worst to the best of two metrics is dominated."""
    from optuna.visualization.matplotlib import plot_hypervolume_history

    if options.metric == CHOSEN_BY:
        raise AnalysisError(
            f"hypervolume: needs a second metric beside {CHOSEN_BY}, such as --metric "
            "best_synops_per_inference"
        )
    search = _Search(source.runs, options.metric)
    means = search.groups[[f"{CHOSEN_BY}_mean", f"{options.metric}_mean"]]
    low, high = means.min(), means.max()
    if (low == high).any():
        raise AnalysisError("hypervolume: one of the metrics is the same for all configurations")
    places = (means - low) / (high - low)
    places.columns = [CHOSEN_BY, options.metric]
    places[CHOSEN_BY] *= 100
    worst = [0.0, 1.0 if options.metric in COSTS else 0.0]
    with styled(), plain_plots():
        axes = plot_hypervolume_history(study_of_two(places), worst)
        figure = adopt(axes, 5.2, 3.4)
        for line in axes.lines:
            line.set_color(LOOKS[0].colour)
        axes.set_xlabel(_ORDER)
        axes.set_ylabel("Hypervolume (%)")
        whole_numbers(axes.xaxis)
        second = metric_label(options.metric).lower()
        title = f"{metric_label(CHOSEN_BY)} and {second}"
        return search.finish(figure, ["100 %: the best of both in one configuration"], title)


FIGURES = (
    FigureKind(
        name="history",
        title="every configuration in its order, and the best so far",
        draw=history,
        metric=CHOSEN_BY,
    ),
    FigureKind(
        name="slice",
        title="a metric over every param",
        draw=slices,
        example=_TWO,
        metric=CHOSEN_BY,
        most_by=8,
    ),
    FigureKind(
        name="contour",
        title="a metric over two numeric params",
        draw=contour,
        example=_TWO,
        metric=CHOSEN_BY,
        most_by=_MOST_AXES,
    ),
    FigureKind(
        name="edf",
        title="which share of the configurations is how good",
        draw=edf,
        example="--by dynamics",
        metric=CHOSEN_BY,
        most_by=1,
    ),
    FigureKind(
        name="rank",
        title="configurations over two params, by their rank",
        draw=rank,
        example=_TWO,
        metric=CHOSEN_BY,
        most_by=_MOST_AXES,
    ),
    FigureKind(
        name="timeline",
        title="when the runs ran, and how they ended",
        draw=timeline,
        metric="",
    ),
    FigureKind(
        name="hypervolume",
        title="what validation accuracy and a second metric have gained together",
        draw=hypervolume,
        metric="best_synops_per_inference",
    ),
)
