"""A metric over every param of a search, a panel each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.data.groups import CHOSEN_BY, is_number
from analysis.data.labels import in_order, legend_label
from analysis.figures.parts.declaration import FigureKind, Options, Source
from analysis.figures.parts.layout import axis_label
from analysis.figures.parts.style import GREY, LOOKS, SMALL, styled
from analysis.figures.parts.ticks import round_axis
from analysis.figures.searches.search import TWO, Search
from analysis.records import State
from analysis.text.typeset import as_text

_PANEL_INCHES, _HEIGHT_INCHES = 2.3, 2.1
_COLUMNS, _MOST = 4, 12
_LETTERS = 9  # of a category that is not slanted
_NUMBERS = 4  # from so many different numbers on, a param has a scale instead of categories


def slices(source: Source, options: Options) -> Figure:
    """The metric over every param, one panel each; numbers on the scale of their search.

    What was pruned stands as a cross where the metric was when it was ended.
    """
    search = Search(source.runs, options.metric, drawn=(State.PRUNED,))
    params, told = search.foremost(search.params(options.by, "slice"), _MOST)
    rows = -(-len(params) // _COLUMNS)
    columns = -(-len(params) // rows)
    with styled():
        figure = Figure(figsize=(1.2 + _PANEL_INCHES * columns, 1.0 + _HEIGHT_INCHES * rows))
        grid = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
        for axes, name in zip(grid, params, strict=False):
            _draw(axes, search, name)
            axes.set_xlabel(name, fontsize=SMALL)
            axes.tick_params(labelsize=SMALL)
        for unused in grid[len(params) :]:
            unused.remove()
        for row in range(rows):
            grid[row * columns].set_ylabel(axis_label(options.metric), fontsize=SMALL)
        crosses = "crosses: pruned, where they were ended" if len(search.pruned) else ""
        return search.finish(figure, [crosses, told])


def _draw(axes: Axes, search: Search, name: str) -> None:
    done, pruned = search.groups, search.pruned.dropna(subset=["value"])
    both = pd.concat([done[name], pruned[name]]) if name in pruned else done[name]
    place = _places(axes, both, log=name in search.logarithmic)
    if name in pruned:
        axes.plot(
            place(pruned[name]), pruned["value"], "x", color=GREY, markersize=3.5, label="pruned"
        )
    axes.plot(
        place(done[name]), search.values, "o", color=LOOKS[0].colour, markersize=3.5, label="done"
    )


def _places(axes: Axes, both: pd.Series[Any], *, log: bool) -> Any:
    """The axis of a param; what gives the places of its values there."""
    if is_number(both) and both.nunique() >= _NUMBERS:
        known = both.dropna().astype("float64")
        round_axis(axes, "x", known.min(), known.max(), log=log, most=4)
        return lambda column: column.astype("float64")
    names = in_order(both)
    places = {name: at for at, name in enumerate(names)}
    _name_categories(axes, [legend_label(str(both.name), name) for name in names])

    def place(column: pd.Series[Any]) -> Any:
        aside = (np.arange(len(column)) * 0.618) % 1 - 0.5  # so that none hides another
        return column.map(lambda value: places[as_text(value)]).to_numpy() + 0.3 * aside

    return place


def _name_categories(axes: Axes, names: Sequence[str]) -> None:
    room = _LETTERS * 3 // max(3, len(names))
    slanted = max(map(len, names)) > room
    axes.set_xticks(range(len(names)), names)
    if slanted:
        for label in axes.get_xticklabels():
            label.set(rotation=30, horizontalalignment="right", rotation_mode="anchor")
    axes.set_xlim(-0.5, len(names) - 0.5)


FIGURE = FigureKind(
    name="slice",
    title="a metric over every param",
    draw=slices,
    example=TWO,
    metric=CHOSEN_BY,
    most_by=8,
)
