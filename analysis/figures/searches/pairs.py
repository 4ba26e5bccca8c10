"""Two params of a search against each other, or every two of several; drawn by Optuna."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.data.groups import CHOSEN_BY, is_number
from analysis.errors import AnalysisError
from analysis.figures.parts.by_optuna import (
    adopt,
    for_all_eyes,
    small_labels,
)
from analysis.figures.parts.declaration import FigureKind, Options, Source
from analysis.figures.parts.layout import axis_label
from analysis.figures.parts.style import styled
from analysis.figures.searches.search import TWO, Search
from analysis.store.optuna_internals import plain_plots
from analysis.text.typeset import as_number

_PANEL = 2.2  # inches of one of several panels
_MOST_AXES = 3  # params against each other, unless they are named


def contour(source: Source, options: Options) -> Figure:
    """The metric over two params, or over every two of several, interpolated."""
    from optuna.visualization.matplotlib import plot_contour

    search = Search(source.runs, options.metric)
    numbers = [name for name in search.varied if is_number(search.groups[name])]
    params = search.params(options.by, "contour")
    params = params if options.by else _most(search, numbers)
    return _pairs(search, params, numbers, "contour", plot_contour)


def rank(source: Source, options: Options) -> Figure:
    """Configurations over two params, or over every two of several, coloured by their rank."""
    from optuna.visualization.matplotlib import plot_rank

    search = Search(source.runs, options.metric)
    params = search.params(options.by, "rank")
    params = params if options.by else _most(search, params)
    return _pairs(search, params, params, "rank", plot_rank)


def _most(search: Search, params: Sequence[str]) -> list[str]:
    """The foremost of the params, of those that all configurations have if they are enough."""
    in_all = [name for name in params if search.groups[name].notna().all()]
    return search.foremost(in_all if len(in_all) > 1 else params, _MOST_AXES)[0]


def _pairs(
    search: Search,
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
        if what == "rank":
            _short_numbers(figure.axes[-1])
        complete = int(search.groups[list(params)].notna().all(axis=1).sum())
        lacking = len(search.groups) - complete
        notes = [f"not shown: {lacking} without a value of a param"] if lacking else []
        drawn_how = "between the points: interpolated" if what == "contour" else "colour: rank"
        return search.finish(figure, [drawn_how, *notes])


def _short_numbers(bar: Axes) -> None:
    """Optuna writes the values beside the ranks with four decimals."""
    texts = [
        re.sub(r"\d+\.\d+", lambda found: as_number(float(found[0])), label.get_text())
        for label in bar.get_yticklabels()
    ]
    bar.set_yticks(bar.get_yticks(), texts)


FIGURES = (
    FigureKind(
        name="contour",
        title="a metric over two numeric params",
        draw=contour,
        example=TWO,
        metric=CHOSEN_BY,
        most_by=_MOST_AXES,
    ),
    FigureKind(
        name="rank",
        title="configurations over two params, by their rank",
        draw=rank,
        example=TWO,
        metric=CHOSEN_BY,
        most_by=_MOST_AXES,
    ),
)
