"""A metric over every param of a search, a panel each."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.data.groups import CHOSEN_BY
from analysis.figures.parts.declaration import FigureKind, Options, Source
from analysis.figures.parts.layout import axis_label
from analysis.figures.parts.param_axis import param_axis
from analysis.figures.parts.style import LOOKS, SMALL, styled
from analysis.figures.searches.search import TWO, Search
from analysis.records import State

_PANEL_INCHES, _HEIGHT_INCHES = 2.3, 2.1
_COLUMNS, _MOST = 4, 12


def slices(source: Source, options: Options) -> Figure:
    """The metric over every param, one panel each; numbers on the scale of their search.

    What was pruned stands as a cross where the metric was when it was ended, at the edge where that
    is far from what finished.
    """
    search = Search(source.runs, options.metric, drawn=(State.PRUNED,))
    params, told = search.foremost(search.params(options.by, "slice"), _MOST)
    rows = -(-len(params) // _COLUMNS)
    columns = -(-len(params) // rows)
    with styled():
        figure = Figure(figsize=(1.2 + _PANEL_INCHES * columns, 1.0 + _HEIGHT_INCHES * rows))
        grid = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
        for axes, name in zip(grid, params, strict=False):
            marks = _draw(axes, search, name)
            axes.set_xlabel(name, fontsize=SMALL)
            axes.tick_params(labelsize=SMALL)
        for unused in grid[len(params) :]:
            unused.remove()
        for row in range(rows):
            grid[row * columns].set_ylabel(axis_label(options.metric), fontsize=SMALL)
        return search.finish(figure, [marks, told])


def _draw(axes: Axes, search: Search, name: str) -> str:
    """A panel; what its marks of pruned configurations are."""
    done, pruned = search.groups, search.pruned.dropna(subset=["value"])
    both = pd.concat([done[name], pruned[name]]) if name in pruned else done[name]
    place = param_axis(axes, "x", both, log=name in search.logarithmic)
    there = pruned if name in pruned else pruned.head(0).assign(**{name: 0.0})
    places = pd.Series(place(there[name]), index=there.index)
    marks = search.mark_pruned(axes, places, size=3.5)
    axes.plot(place(done[name]), search.values, "o", color=LOOKS[0].colour, markersize=3.5)
    return marks


FIGURE = FigureKind(
    name="slice",
    title="a metric over every param",
    draw=slices,
    example=TWO,
    metric=CHOSEN_BY,
    most_by=8,
)
