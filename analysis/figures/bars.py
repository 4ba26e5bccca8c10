"""Bars of a metric by what the configurations are, with published values beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.data.groups import levels, measured_groups, param_names, require_param, varying
from analysis.data.labels import (
    configuration,
    constants,
    in_order,
    legend_label,
    legend_title,
    metric_label,
    sort_key,
)
from analysis.figures.parts.declaration import FigureKind, InReport, Options, Source
from analysis.figures.parts.layout import (
    axis_label,
    estimates,
    head,
    scale_of,
    statistics,
    value_text,
)
from analysis.figures.parts.style import ERROR_BAR, LOOKS, PUBLISHED, SMALL, Look, looks, styled
from analysis.records import FACTORS
from analysis.studies.published import published_results, published_value
from analysis.text.typeset import as_text

GROUPED_BY = ("dataset", "preset", "network", "dynamics", "recurrent", "encoding")
COLOURED_BY = ("hidden", "learn_beta", "epochs")
"""The first of them that varies, in as many values as there are colours, colours the bars."""

# Where nothing but these and the colours varies, every configuration has its bar.
_OF_A_GRID = (*(name for name in FACTORS if name != "hidden"), "epochs")
_MOST_PLACES = 12  # values of another param along x
_PUBLISHED = "published"
_IN_TITLE = ("dataset", "preset")  # where they are the same for all bars
_FILLED = 0.84  # by bars, of the distance between two groups; the rest is the gap
_BAR_INCHES, _WIDEST_BAR_INCHES, _LETTER_INCHES, _MARGIN_INCHES = 0.36, 0.6, 0.08, 1.4
_FIGURE_INCHES = (4.5, 14.0, 30.0)  # wider than a page only for words


def accuracy_bars(
    runs: pd.DataFrame,
    metric: str = "test_accuracy",
    *,
    grouped_by: Sequence[str] | None = None,
    coloured_by: str | None = None,
    reference: pd.DataFrame | None = None,
) -> Figure:
    """Bars of a metric, the mean over seeds, with its 95 % t interval where there are several.

    Groups along x by those of `grouped_by` that vary, in each one bar per value of `coloured_by`.
    Where other params vary too, a bar is the configuration that is best by validation, and the
    figure says so. By default a grid shows each of its configurations, and a search the best by
    `GROUPED_BY`. A `reference` has params and the metric as columns, such as `published_results`:
    its values are diamonds on the bars that they are of. Accuracies in percent.

    >>> runs = load_runs([committed("published-fashion")])
    >>> figure = accuracy_bars(runs, grouped_by=["encoding"], coloured_by="dynamics")

    Raises:
        AnalysisError: no run is finished, none has the metric, a param is unknown or has more
            values than there are colours, or the reference has two values for a bar.
    """
    for name in (*(grouped_by or ()), *([coloured_by] if coloured_by else ())):
        require_param(runs, name)
    groups, left_out = measured_groups(runs, metric)
    factors, coloured_by = _roles(groups, grouped_by, coloured_by)
    shown = [name for name in factors if levels(groups, name) > 1]
    told_apart = [*shown, coloured_by] if coloured_by else shown
    # The best by validation stands first; an absent value is one of its own.
    best = groups[~groups[told_apart].map(as_text).duplicated()] if told_apart else groups[:1]
    shown = shown or [name for name in factors if name not in _IN_TITLE] or factors
    with styled():
        figure = Figure()
        plan = _plan(best, metric, shown, coloured_by)
        figure.set_size_inches(plan.inches * len(plan.places) + _MARGIN_INCHES, 3.8)
        axes = figure.subplots()
        _draw(axes, plan)
        _label(axes, metric, plan)
        notes = [statistics(best), *_selection(plan, groups, told_apart), *left_out]
        if reference is not None:
            notes.append(_mark(axes, plan, metric, reference))
        _write_values(axes, plan, scale_of(metric), at_the_foot=reference is not None)
        handles, labels = axes.get_legend_handles_labels()
        if len(handles) > 1:
            by_kind = sorted(
                zip(handles, labels, strict=True), key=lambda one: one[1] == _PUBLISHED
            )
            title = legend_title(coloured_by) if coloured_by else None
            figure.legend(*zip(*by_kind, strict=True), loc="outside right upper", title=title)
        head(figure, [metric_label(metric), *constants(best, shown)], notes)
    return figure


def _roles(
    groups: pd.DataFrame, grouped_by: Sequence[str] | None, coloured_by: str | None
) -> tuple[list[str], str | None]:
    """The params along x and the one of the colours."""
    values = {name: len(in_order(groups[name])) for name in param_names(groups)}
    if coloured_by is None:
        free = [name for name in COLOURED_BY if name not in (grouped_by or ())]
        few = [name for name in free if 1 < values.get(name, 0) <= len(LOOKS)]
        coloured_by = few[0] if few else None
    if grouped_by is None:
        varied = varying(groups, param_names(groups))
        grouped_by = _OF_A_GRID if {*varied} <= {*_OF_A_GRID, coloured_by} else GROUPED_BY
        few = [name for name in varied if values[name] <= _MOST_PLACES]
        if coloured_by is None and few and {*varied}.isdisjoint(grouped_by):
            grouped_by = few[:1]  # else there would be a single bar
    return [name for name in grouped_by if name in groups and name != coloured_by], coloured_by


@dataclass(frozen=True)
class _Bar:
    x: float
    height: float
    low: float  # of the interval, NaN for one seed
    high: float
    look: Look
    label: str
    row: Mapping[Any, Any]


@dataclass(frozen=True)
class _Plan:
    """Where the bars stand: `inches` is the distance of two groups, `width` is in units of it."""

    bars: Sequence[_Bar]
    places: Sequence[str]
    inches: float
    width: float


def _plan(best: pd.DataFrame, metric: str, shown: Sequence[str], coloured_by: str | None) -> _Plan:
    """One place per bar; a combination without a run leaves its place free."""
    rows: list[dict[Any, Any]] = best.join(estimates(best, metric)).to_dict("records")
    rows.sort(key=lambda row: [sort_key(row[name]) for name in shown])
    labels = [configuration(row, shown) for row in rows]
    places = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    colours = looks(in_order(best[coloured_by]) if coloured_by else [""], str(coloured_by))
    inches = _inches_per_group(list(places), len(colours))
    width = min(_FILLED / len(colours), _WIDEST_BAR_INCHES / inches)
    lefts = {name: (i - (len(colours) - 1) / 2) * width for i, name in enumerate(colours)}
    bars = []
    for label, row in zip(labels, rows, strict=True):
        value = as_text(row[coloured_by]) if coloured_by else ""
        colour = legend_label(coloured_by, value) if coloured_by else ""
        x = places[label] + lefts[value]
        bars.append(_Bar(x, row["mean"], row["low"], row["high"], colours[value], colour, row))
    return _Plan(bars, list(places), inches, width)


def _inches_per_group(labels: Sequence[str], colours: int) -> float:
    """Wide enough for the bars and for the longest word below them, within what a page can hold."""
    longest = max(len(part) for label in labels for part in label.split(" / "))
    narrowest, page, widest = ((size - _MARGIN_INCHES) / len(labels) for size in _FIGURE_INCHES)
    for_bars = min(colours * _BAR_INCHES / _FILLED, page)
    return min(max(for_bars, (longest + 1) * _LETTER_INCHES, narrowest), widest)


def _draw(axes: Axes, plan: _Plan) -> None:
    """One container of bars per colour."""
    for look in dict.fromkeys(bar.look for bar in sorted(plan.bars, key=_colour)):
        mine = [bar for bar in plan.bars if bar.look == look]
        axes.bar(
            [bar.x for bar in mine],
            [bar.height for bar in mine],
            plan.width * 0.94,
            yerr=np.transpose([(bar.height - bar.low, bar.high - bar.height) for bar in mine]),
            error_kw=dict(ERROR_BAR),
            color=look.colour,
            hatch=look.hatch,
            label=mine[0].label,
        )


def _colour(bar: _Bar) -> int:
    return LOOKS.index(bar.look)


def _write_values(axes: Axes, plan: _Plan, scale: int, *, at_the_foot: bool) -> None:
    """Write values above the bars, or at their foot where a published value would hide them."""
    for bar in plan.bars:
        top = bar.height if pd.isna(bar.high) else bar.high
        text = axes.annotate(
            value_text(bar.height, scale),
            (bar.x, 0 if at_the_foot else top),
            (0, 3),
            textcoords="offset points",
            horizontalalignment="center",
            verticalalignment="bottom",
            fontsize=SMALL,
            rotation=0 if plan.width * plan.inches > 0.3 else 90,
        )
        if at_the_foot:
            text.set_color(bar.look.ink)
            text.set_bbox({"facecolor": bar.look.colour, "edgecolor": "none", "pad": 0.8})


def _mark(axes: Axes, plan: _Plan, metric: str, reference: pd.DataFrame) -> str:
    """A diamond on every bar that has a published value; what a reader must know of them."""
    found = [(bar.x, published_value(reference, bar.row, metric)) for bar in plan.bars]
    there = [(x, value * scale_of(metric)) for x, value in found if value is not None]
    axes.plot(
        [x for x, _ in there],
        [value for _, value in there],
        linestyle="none",
        label=_PUBLISHED,
        zorder=4,
        **PUBLISHED,
    )
    return f"diamonds: published values, of {len(there)} of {len(found)} bars"


def _label(axes: Axes, metric: str, plan: _Plan) -> None:
    """Both axes: the names of the groups along x, the metric and its range along y."""
    fit = max(len(label) for label in plan.places) * _LETTER_INCHES < plan.inches
    texts = [label if fit else label.replace(" / ", "\n") for label in plan.places]
    axes.set_xticks(range(len(texts)), texts)
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.5, len(texts) - 0.5)
    axes.set_ylabel(axis_label(metric))
    if scale_of(metric) == 100:
        axes.set_ylim(0, 108)  # room for the values above full bars
        axes.set_yticks(range(0, 101, 20))
    else:
        axes.margins(y=0.12)


def _selection(plan: _Plan, groups: pd.DataFrame, told_apart: Sequence[str]) -> list[str]:
    notes = []
    if len(groups) > len(plan.bars):
        notes.append(f"each bar the best by validation (of {len(groups)} in all)")
    if len(groups) > len(plan.bars) == 1:
        others = [name for name in varying(groups, param_names(groups)) if name not in told_apart]
        notes.append(f"what varies: {', '.join(others)}; --by chooses of them")
    if len(plan.bars) < len(plan.places) * len({bar.label for bar in plan.bars}):
        notes.append("a free place: no finished run")
    return notes


def _from(source: Source, options: Options) -> Figure:
    runs = source.runs
    # The published values are of the published model, and say nothing of any other.
    is_published = "preset" in runs and (runs["preset"] == "published").any()
    reference = published_results() if is_published and options.metric == "test_accuracy" else None
    return accuracy_bars(
        runs,
        options.metric,
        grouped_by=options.by[:-1] or None,
        coloured_by=options.by[-1] if options.by else None,
        reference=reference,
    )


def _in_report(source: Source) -> Iterable[InReport]:
    yield FIGURE.entry("Test accuracy by dynamics, recurrence and spike code, coloured by size.")


FIGURE = FigureKind(
    name="bars",
    title="accuracies by what the networks are; of the published model also the published values",
    draw=_from,
    most_by=9,
    in_report=_in_report,
)
