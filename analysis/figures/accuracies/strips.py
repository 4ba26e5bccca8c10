"""Every configuration as a point with its interval, by the levels of one param."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.data.groups import (
    is_logarithmic,
    measured_groups,
    require_param,
    several_values,
)
from analysis.data.labels import (
    constants,
    in_order,
    legend_label,
    legend_title,
    metric_label,
)
from analysis.errors import AnalysisError
from analysis.figures.parts.declaration import FigureKind, InReport, Options, Source
from analysis.figures.parts.framing import frame
from analysis.figures.parts.layout import (
    PAGE_INCHES,
    axis_label,
    estimates,
    fit_legend,
    head,
    statistics,
)
from analysis.figures.parts.panels import panels
from analysis.figures.parts.param_axis import has_scale
from analysis.figures.parts.style import GREY, Look, looks, styled
from analysis.figures.parts.ticks import number_axis
from analysis.text.plain import counted
from analysis.text.typeset import as_text

_MOST_LEVELS = 12
_FEWEST_FOR_A_BOX = 5  # quartiles of fewer points say less than the points
_SPREAD = 0.5  # of the points of a level along x
_GOLDEN = (np.sqrt(5) - 1) / 2


def strip(
    runs: pd.DataFrame,
    factor: str,
    metric: str = "test_accuracy",
    *,
    coloured_by: str | None = None,
) -> Figure:
    """The configurations, each the mean over its seeds with its 95 % t interval, by a param.

    Numbers of several values stand on an axis of numbers, logarithmic where they were searched so.
    Other values are levels. Data sets and presets have panels with a scale of their own. Behind
    five points or more of a level stands a box: quartiles, median, and whiskers to the last point
    within 1.5 times the interquartile distance. Accuracies in percent.

    >>> figure = strip(load_runs([committed("published-fashion")]), "encoding")

    Raises:
        AnalysisError: no run is finished, none has the metric, or a param is unknown or has more
            values than can be told apart.
    """
    for name in (factor, *([coloured_by] if coloured_by else ())):
        require_param(runs, name)
    groups, left_out = measured_groups(runs, metric)
    groups = groups.join(estimates(groups, metric))
    if has_scale(groups[factor]):
        return _over_numbers(runs, groups, factor, metric, coloured_by, left_out)
    levels = _levels(groups, factor)
    values = in_order(groups[coloured_by]) if coloured_by else [""]
    with styled():
        beside = panels(groups, (factor, coloured_by))
        inches = _level_inches(factor, levels) * len(levels)
        figure, grid = _figure(beside, inches)
        boxed = False
        for axes, (name, members) in zip(grid, beside.items(), strict=True):
            placed = _placed(members, factor, levels)
            _clouds(axes, placed, coloured_by, values)
            boxed |= _boxes(axes, placed, len(levels))
            frame(axes, placed["mean"], pd.concat([placed["low"], placed["high"]]))
            _label(axes, placed, factor, levels)
            axes.set_title(name)
        grid[0].set_ylabel(axis_label(metric))
        _key(figure, grid[0], coloured_by, values)
        count = f"n: configurations, {statistics(groups)}"
        box = "box: quartiles, median, whiskers to 1.5 times their distance" if boxed else ""
        head(figure, [metric_label(metric), *constants(groups)], [count, box, *left_out])
    return figure


def _figure(beside: Mapping[str, pd.DataFrame], inches: float) -> tuple[Figure, list[Axes]]:
    """Axes beside each other, so wide in inches where a page holds it, each with its own scale."""
    width = min(1.3 + (inches + 0.9) * len(beside), PAGE_INCHES)
    figure = Figure(figsize=(width, 3.8 if len(beside) == 1 else 4.1))
    return figure, list(figure.subplots(1, len(beside), squeeze=False)[0])


def _over_numbers(
    runs: pd.DataFrame,
    groups: pd.DataFrame,
    factor: str,
    metric: str,
    coloured_by: str | None,
    left_out: list[str],
) -> Figure:
    """The configurations over a param that is a number."""
    placed = groups.dropna(subset=[factor])
    placed = placed.assign(_x=placed[factor].astype("float64"))
    values = in_order(placed[coloured_by]) if coloured_by else [""]
    with styled():
        beside = panels(placed, (factor, coloured_by))
        figure, grid = _figure(beside, 3.0)
        for axes, (name, members) in zip(grid, beside.items(), strict=True):
            _clouds(axes, members, coloured_by, values)
            frame(axes, members["mean"], pd.concat([members["low"], members["high"]]))
            number_axis(axes, "x", placed["_x"], log=is_logarithmic(runs, factor), most=6)
            axes.grid(visible=True, axis="both")
            axes.set_xlabel(legend_title(factor) or "")
            axes.set_title(name)
        grid[0].set_ylabel(axis_label(metric))
        _key(figure, grid[0], coloured_by, values)
        lacking = len(groups) - len(placed)
        without = f"not shown: {lacking} in which {factor} has no effect" if lacking else ""
        count = f"{counted(len(placed), 'configuration')}, {statistics(placed)}"
        head(figure, [metric_label(metric), *constants(groups)], [count, without, *left_out])
    return figure


def _clouds(axes: Axes, placed: pd.DataFrame, coloured_by: str | None, values: list[str]) -> None:
    """The points, by the values of a second param."""
    for value, look in looks(values, str(coloured_by)).items():
        mine = placed[placed[coloured_by].map(as_text) == value] if coloured_by else placed
        _draw(axes, mine, look, legend_label(coloured_by, value) if coloured_by else None)


def _key(figure: Figure, axes: Axes, coloured_by: str | None, values: list[str]) -> None:
    if len(values) > 1:
        figure.legend(
            *axes.get_legend_handles_labels(),
            loc="outside right upper",
            title=legend_title(str(coloured_by)),
        )
        fit_legend(figure, figure.get_figwidth())


def _levels(groups: pd.DataFrame, factor: str) -> list[str]:
    levels = in_order(groups[factor])
    if len(levels) > _MOST_LEVELS:
        raise AnalysisError(
            f"{factor} has {len(levels)} values that are no numbers; a strip shows at most "
            f"{_MOST_LEVELS}"
        )
    return levels


def _level_inches(factor: str, levels: list[str]) -> float:
    """Wide enough for the longest label, as far as a page holds all levels."""
    longest = max(len(legend_label(factor, level)) for level in levels)
    return min(max(0.9, longest * 0.08), 9 / len(levels))


def _label(axes: Axes, placed: pd.DataFrame, factor: str, levels: list[str]) -> None:
    """The levels along x, each with its number of configurations."""
    counts = placed["_level"].value_counts()
    letters = max(4, int(_level_inches(factor, levels) / 0.075))
    texts = [textwrap.fill(legend_label(factor, level), letters) for level in levels]
    ticks = [f"{text}\nn = {counts.get(place, 0)}" for place, text in enumerate(texts)]
    axes.set_xticks(range(len(levels)), ticks)
    axes.set_xlim(-0.6, len(levels) - 0.4)
    axes.set_xlabel(legend_title(factor) or "")


def _draw(axes: Axes, points: pd.DataFrame, look: Look, label: str | None) -> None:
    axes.vlines(
        points["_x"], points["low"], points["high"], color=look.colour, alpha=0.45, linewidth=0.9
    )
    axes.plot(
        points["_x"],
        points["mean"],
        linestyle="none",
        marker=look.marker,
        color=look.colour,
        alpha=0.85,
        markeredgecolor="#FFFFFF",
        markeredgewidth=0.5,
        label=label,
    )


def _placed(groups: pd.DataFrame, factor: str, levels: list[str]) -> pd.DataFrame:
    """The configurations with their places; beside each other, not at random."""
    points = groups.copy()
    points["_level"] = [levels.index(as_text(value)) for value in points[factor]]
    points = points.sort_values(["_level", "mean"], kind="stable")
    turn: NDArray[np.float64] = points.groupby("_level").cumcount().to_numpy() * _GOLDEN
    # the first in the middle: one that is alone stands above its name
    points["_x"] = points["_level"] + ((turn + 0.5) % 1 - 0.5) * _SPREAD
    return points


def _boxes(axes: Axes, points: pd.DataFrame, levels: int) -> bool:
    by_level: dict[Any, NDArray[np.float64]] = {
        place: points.loc[points["_level"] == place, "mean"].to_numpy() for place in range(levels)
    }
    enough = {place: y for place, y in by_level.items() if len(y) >= _FEWEST_FOR_A_BOX}
    if enough:
        thin = {"color": GREY, "linewidth": 0.8}
        axes.boxplot(
            list(enough.values()),
            positions=list(enough),
            widths=0.7,
            showfliers=False,  # every point is drawn
            manage_ticks=False,
            boxprops=thin,
            whiskerprops=thin,
            capprops=thin,
            medianprops={"color": "#000000", "linewidth": 1.2},
        )
    return bool(enough)


def _from(source: Source, options: Options) -> Figure:
    factor, *colour = options.by
    return strip(source.runs, factor, options.metric, coloured_by=colour[0] if colour else None)


def _in_report(source: Source) -> Iterable[InReport]:
    for factor in several_values(source.runs, ("dynamics", "recurrent", "encoding")):
        text = f"Test accuracy by {factor}: every configuration is a point."
        yield FIGURE.entry(text, by=[factor], name=f"by-{factor}")


FIGURE = FigureKind(
    name="strip",
    title="every configuration with its interval, by a param and coloured by another",
    draw=_from,
    example="--by encoding --by dynamics",
    least_by=1,
    most_by=2,
    in_report=_in_report,
)
