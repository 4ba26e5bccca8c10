"""Two params of a search against each other, or every two of several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.tri import Triangulation
from numpy.typing import NDArray

from analysis.data.groups import CHOSEN_BY, is_number
from analysis.errors import AnalysisError
from analysis.figures.parts.declaration import FigureKind, Options, Source
from analysis.figures.parts.layout import axis_label, scale_of, thousands, value_text
from analysis.figures.parts.param_axis import has_scale, number_places, param_axis
from analysis.figures.parts.style import INK, SMALL, shades, styled
from analysis.figures.searches.search import TWO, Search

_PANEL, _ALONE = 2.4, 3.8  # inches of one of several panels, and of a single one
_MOST_AXES = 3  # params against each other, unless they are named
_LEVELS = 12  # of the colours between the points
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the ranks, that have a tick


def contour(source: Source, options: Options) -> Figure:
    """The metric over two params, or over every two of several, interpolated between the points."""
    search = Search(source.runs, options.metric)
    numbers = [name for name in search.varied if is_number(search.groups[name])]
    scales = [name for name in numbers if has_scale(search.groups[name])]
    params = search.params(options.by, "contour")
    # Between two values there is nothing to interpolate.
    params = params if options.by else _most(search, scales if len(scales) > 1 else numbers)
    unable = [name for name in params if name not in numbers]
    if unable:
        known = ", ".join(numbers)
        raise AnalysisError(f"contour: {unable[0]} has no numbers; those that do: {known}")
    _require_two(params, "contour", "numeric params that vary")
    told = "between the points: interpolated, and nothing beyond them"
    return _pairs(search, params, search.values, told, fill=True)


def rank(source: Source, options: Options) -> Figure:
    """Configurations over two params, or over every two of several, coloured by their rank."""
    search = Search(source.runs, options.metric)
    params = search.params(options.by, "rank")
    params = params if options.by else _most(search, params)
    _require_two(params, "rank", "params that vary")
    ranks = search.values.rank(pct=True)
    told = "colour: rank; points of one category lie side by side"
    return _pairs(search, params, ranks, told, fill=False)


def _most(search: Search, params: Sequence[str]) -> list[str]:
    """The foremost of the params, of those that all configurations have if they are enough."""
    in_all = [name for name in params if search.groups[name].notna().all()]
    return search.foremost(in_all if len(in_all) > 1 else params, _MOST_AXES)[0]


def _require_two(params: Sequence[str], what: str, kind: str) -> None:
    if len(params) < 2:
        found = ", ".join(params) or "none"
        raise AnalysisError(f"{what}: needs two {kind}, found {found}")


def _pairs(
    search: Search, params: Sequence[str], values: pd.Series[float], told: str, *, fill: bool
) -> Figure:
    """A panel for every two params, below the diagonal; the best points lie on top."""
    side = len(params) - 1
    size = _PANEL * side if side > 1 else _ALONE
    with styled():
        figure = Figure(figsize=(size + 2.2, size + 1.0))
        grid = figure.subplots(side, side, squeeze=False)
        colours = ScalarMappable(
            Normalize(values.min(), values.max()), shades(less_is_better=search.is_cost)
        )
        order = values.sort_values(ascending=not search.is_cost, kind="stable").index
        for place, axes in enumerate(grid.ravel()):
            row, column = divmod(place, side)
            if column > row:
                axes.remove()
                continue
            _draw(axes, search, (params[column], params[row + 1]), values[order], colours, fill)
            axes.set_xlabel(params[column] if row == side - 1 else "", fontsize=SMALL)
            axes.set_ylabel(params[row + 1] if column == 0 else "", fontsize=SMALL)
            axes.tick_params(labelsize=SMALL)
        _scale(figure, search, colours, ranks=not fill)
        lacking = int(search.groups[list(params)].isna().any(axis=1).sum())
        notes = [f"{lacking} lack a value of a param"] if lacking else []
        return search.finish(figure, [told, *notes])


def _draw(
    axes: Axes,
    search: Search,
    pair: tuple[str, str],
    values: pd.Series[float],
    colours: ScalarMappable,
    fill: bool,
) -> None:
    both = search.groups.loc[values.index, list(pair)].dropna()
    axis = number_places if fill else param_axis
    x, y = (
        axis(axes, which, both[name], log=name in search.logarithmic)(both[name])
        for which, name in zip("xy", pair, strict=True)
    )
    shown = values[both.index]
    if fill:
        _fill(axes, pd.DataFrame({"x": x, "y": y, "z": shown.to_numpy()}), colours)
    axes.scatter(
        x,
        y,
        c=colours.to_rgba(shown.to_numpy()),
        s=26,
        edgecolors=INK if fill else "#FFFFFF",
        linewidths=0.6,
        zorder=3,
    )
    axes.grid(visible=True, axis="both")


def _fill(axes: Axes, points: pd.DataFrame, colours: ScalarMappable) -> None:
    """Colours between the points, on the scales of the axes; none where they lie on one line."""
    means = points.groupby(["x", "y"])["z"].mean()  # points of one place have one value
    x, y = (means.index.get_level_values(which).to_numpy() for which in "xy")
    logs = {"log": np.log}
    across = _from_0_to_1(logs.get(axes.get_xscale(), np.asarray)(x))
    up = _from_0_to_1(logs.get(axes.get_yscale(), np.asarray)(y))
    try:
        triangles = Triangulation(across, up).triangles
    except (ValueError, RuntimeError):  # too few, or all on a line
        return
    low, high = colours.get_clim()
    axes.tricontourf(
        Triangulation(x, y, triangles),
        means.to_numpy(),
        levels=np.linspace(low, high, _LEVELS),
        cmap=colours.get_cmap(),
        norm=colours.norm,
        alpha=0.55,
        zorder=1,
    )


def _from_0_to_1(values: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = float(values.min()), float(values.max())
    return (values - low) / ((high - low) or 1.0)


def _scale(figure: Figure, search: Search, colours: ScalarMappable, *, ranks: bool) -> None:
    """The scale of the colours: of the metric, or of ranks with the values that they stand for."""
    bar = figure.colorbar(colours, ax=figure.axes, label=axis_label(search.metric), shrink=0.9)
    bar.ax.tick_params(labelsize=SMALL)
    if not ranks:
        thousands(bar.ax.yaxis)
        return
    values = search.values
    low, high = colours.get_clim()
    names = ["lowest", "", "median", "", "highest"]
    span = float(values.max() - values.min())
    texts = [
        f"{value_text(float(values.quantile(share)), scale_of(search.metric), span)} {name}".strip()
        for share, name in zip(_SHARES, names, strict=True)
    ]
    bar.set_ticks([low + share * (high - low) for share in _SHARES], labels=texts)


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
