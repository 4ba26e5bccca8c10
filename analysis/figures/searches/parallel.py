"""Configurations as lines across the params that vary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.data.groups import (
    CHOSEN_BY,
    COSTS,
    is_logarithmic,
    is_number,
    measured_groups,
    param_names,
    several_values,
    varying,
)
from analysis.data.labels import constants, in_order, legend_label, metric_label
from analysis.data.runs import param_columns
from analysis.errors import AnalysisError
from analysis.figures.parts.declaration import FigureKind, InReport, Options, Source
from analysis.figures.parts.foremost import foremost
from analysis.figures.parts.layout import axis_label, each, head, scale_of, thousands
from analysis.figures.parts.style import GREY, SMALL, shades, styled
from analysis.figures.parts.ticks import far_enough, number_text, round_ticks
from analysis.text.plain import counted
from analysis.text.typeset import as_text

_SPREAD = 0.5  # of the lines at a category, of the distance of two categories
_MOST = 8  # axes
_LETTERS = 14  # of the name of a param in one line
_FEW = 6  # different numbers that are ticks themselves
_NUMBERS = 4  # from so many different numbers on, a param has a scale instead of categories


def parallel_coordinates(runs: pd.DataFrame, metric: str = CHOSEN_BY) -> Figure:
    """One line per configuration across the params that vary, coloured by the mean of a metric.

    Of more than eight params, those that explain most of the ranks by the metric are shown. Numbers
    have a scale, logarithmic where they were searched so; other values are categories, at which
    the lines stand side by side in the order of the metric. The best lie on top, and the best
    by validation is thick. "–" stands for a param that has no effect. Accuracies in percent.

    >>> figure = parallel_coordinates(load_runs([committed("best/large-fashion")]))

    Raises:
        AnalysisError: no run is finished, none has the metric, or no param varies.
    """
    groups, left_out = measured_groups(runs, metric)
    varied = varying(groups, param_names(groups))
    if not varied:
        raise AnalysisError(f"no param varies among {counted(len(groups), 'configuration')}")
    params, told = foremost(groups, varied, metric, _MOST)
    best = groups.index[0]  # by validation, as everywhere
    is_cost = metric in COSTS
    # The best by the metric is drawn last.
    groups = groups.sort_values(f"{metric}_mean", ascending=not is_cost, kind="stable")
    values = groups[f"{metric}_mean"] * scale_of(metric)
    scales = [_scale(groups[name], log=is_logarithmic(runs, name)) for name in params]
    with styled():
        figure = Figure(figsize=(max(4.5, 1.4 + 1.3 * len(params)), 4.2))
        axes = figure.subplots()
        colours = ScalarMappable(
            Normalize(values.min(), values.max()), shades(less_is_better=is_cost)
        )
        _draw(axes, scales, colours.to_rgba(values.to_numpy()), groups.index == best)
        for place, scale in enumerate(scales):
            _ticks(axes, place, scale)
        _frame(axes, params)
        bar = figure.colorbar(colours, ax=axes, label=axis_label(metric), pad=0.09)
        thousands(bar.ax.yaxis)
        notes = [
            f"{len(groups)} configurations, {each(groups['n'])}; thick: the best by validation",
            told,
            "–: has no effect" if groups[params].isna().any(axis=None) else "",
        ]
        head(figure, [metric_label(metric), *constants(groups)], [*notes, *left_out])
    return figure


@dataclass(frozen=True)
class _Scale:
    """Where the configurations stand on the axis of a param, from 0 to 1, and its ticks."""

    places: NDArray[np.float64]
    ticks: Mapping[str, float]


def _scale(column: pd.Series[Any], *, log: bool) -> _Scale:
    if is_number(column) and column.notna().all() and column.nunique() >= _NUMBERS:
        return _numbers(column, log=log)
    return _categories(column)


def _numbers(column: pd.Series[Any], *, log: bool) -> _Scale:
    values = column.to_numpy(dtype=np.float64)
    transform = np.log10 if log else np.asarray
    low, high = float(transform(values.min())), float(transform(values.max()))
    few = sorted({float(value) for value in values})
    inside = round_ticks(few[0], few[-1], log=log)
    marks = far_enough(few, few[0], few[-1], log=log) if len(few) <= _FEW else inside
    return _Scale(
        (transform(values) - low) / (high - low),
        {number_text(mark): (float(transform(mark)) - low) / (high - low) for mark in marks},
    )


def _categories(column: pd.Series[Any]) -> _Scale:
    """Evenly distributed; the lines of a category side by side, as they come."""
    names = in_order(column)
    texts = [as_text(value) for value in column]
    step = 1 / max(1, len(names) - 1)
    middle = {name: number * step for number, name in enumerate(names)}
    counts = {name: texts.count(name) for name in names}
    rank = pd.Series(texts).groupby(texts).cumcount()
    aside = [
        ((number + 0.5) / counts[text] - 0.5) * _SPREAD * step
        for text, number in zip(texts, rank, strict=True)
    ]
    places = np.array([middle[text] for text in texts]) + aside
    labels = {legend_label(str(column.name), name): place for name, place in middle.items()}
    return _Scale(places, labels)


def _draw(
    axes: Axes, scales: Sequence[_Scale], shades: NDArray[Any], is_best: NDArray[np.bool_]
) -> None:
    """The lines, each in its shade."""
    places = np.transpose([scale.places for scale in scales])
    lines = np.stack([np.broadcast_to(np.arange(len(scales)), places.shape), places], axis=2)
    # One collection: ten thousand lines of their own take many seconds.
    for chosen, width, layer in ((~is_best, 1.0, 2), (is_best, 2.6, 3)):
        axes.add_collection(
            LineCollection(
                list(lines[chosen]),
                colors=shades[chosen],
                linewidths=width,
                alpha=0.9,
                zorder=layer,
            )
        )


def _ticks(axes: Axes, place: int, scale: _Scale) -> None:
    axes.axvline(place, color=GREY, linewidth=0.8, zorder=0)
    for text, height in scale.ticks.items():
        axes.annotate(
            text,
            (place, height),
            (4, 0),
            textcoords="offset points",
            verticalalignment="center",
            fontsize=SMALL,
            zorder=5,
            bbox={"facecolor": "#FFFFFF", "alpha": 0.75, "edgecolor": "none", "pad": 0.6},
        )


def _frame(axes: Axes, params: list[str]) -> None:
    names = [name if len(name) <= _LETTERS else name.replace("_", "_\n", 1) for name in params]
    axes.set_xticks(range(len(params)), names)
    axes.tick_params(axis="x", length=0)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.set_xlim(-0.1, len(params) - 0.7)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)


def _from(source: Source, options: Options) -> Figure:
    return parallel_coordinates(source.runs, options.metric)


def _in_report(source: Source) -> Iterable[InReport]:
    if len(several_values(source.runs, param_columns(source.runs))) > 1:
        yield FIGURE.entry("The params of every configuration, coloured by validation accuracy.")


FIGURE = FigureKind(
    name="parallel",
    title="configurations as lines across the params",
    draw=_from,
    metric=CHOSEN_BY,
    in_report=_in_report,
    across=True,
)
