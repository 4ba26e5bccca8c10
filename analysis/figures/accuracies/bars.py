"""Bars of a metric by what the configurations are, with published values beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.data.groups import is_published
from analysis.data.labels import (
    configuration,
    constants,
    in_order,
    legend_label,
    legend_title,
    metric_label,
    sort_key,
)
from analysis.errors import AnalysisError
from analysis.figures.accuracies.selection import Selection, select
from analysis.figures.parts.declaration import FigureKind, InReport, Options, Source
from analysis.figures.parts.layout import (
    PAGE_INCHES,
    axis_label,
    estimates,
    head,
    scale_of,
    statistics,
    value_text,
)
from analysis.figures.parts.style import ERROR_BAR, LOOKS, PUBLISHED, SMALL, Look, looks, styled
from analysis.studies.published import published_results, published_value
from analysis.text.typeset import as_text

_PUBLISHED = "value in the study"
_FILLED = 0.84  # by bars, of the distance between two groups; the rest is the gap
_BAR_INCHES, _WIDEST_BAR_INCHES, _LETTER_INCHES, _MARGIN_INCHES = 0.36, 0.6, 0.08, 1.4
_NARROWEST_INCHES = 4.5
_ROW_INCHES = 2.9
_MOST_ROWS = 4  # of bars, on a page


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
    chosen = select(runs, metric, grouped_by, coloured_by)
    with styled():
        figure = Figure()
        panels = _plans(chosen, metric)
        places = max(len(plan.places) for plan in panels)
        inches = panels[0].inches * places + _MARGIN_INCHES
        figure.set_size_inches(inches, 0.9 + _ROW_INCHES * len(panels))
        grid = list(figure.subplots(len(panels), 1, squeeze=False)[:, 0])
        notes = [statistics(chosen.best), *_selection(panels, chosen), *chosen.left_out]
        for axes, plan in zip(grid, panels, strict=True):
            _draw(axes, plan)
            _label(axes, metric, plan, places)
            _write_values(axes, plan, scale_of(metric), at_the_foot=reference is not None)
        if reference is not None:
            notes.append(_mark(grid, panels, metric, reference))
        _legend(figure, grid, chosen.coloured_by)
        head(figure, [metric_label(metric), *constants(chosen.best, chosen.shown)], notes)
    return figure


def _legend(figure: Figure, grid: Sequence[Axes], coloured_by: str | None) -> None:
    """One entry for each colour, and the published values last."""
    entries: dict[Any, Any] = {}
    for axes in grid:
        handles, labels = axes.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))
    if len(entries) > 1:
        names = sorted(entries, key=lambda name: name == _PUBLISHED)
        title = legend_title(coloured_by) if coloured_by else None
        handles = [entries[name] for name in names]
        figure.legend(handles, names, loc="outside right upper", title=title)


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

    title: str
    bars: Sequence[_Bar]
    places: Sequence[str]
    inches: float
    width: float


def _plans(chosen: Selection, metric: str) -> list[_Plan]:
    """A row of axes for every panel, or several where a page is too narrow for it.

    Raises:
        AnalysisError: A page cannot hold them.
    """
    best, by = chosen.best, chosen.coloured_by
    rows: list[dict[Any, Any]] = best.join(estimates(best, metric)).to_dict("records")
    rows.sort(key=lambda row: [sort_key(row[name]) for name in chosen.shown])
    colours = looks(in_order(best[by]) if by else [""], str(by))
    labels = [configuration(row, chosen.labels) for row in rows]
    inches = _inches_per_group(labels, len(colours))
    titles = dict.fromkeys(chosen.panel(row) for row in rows)
    plans = []
    for title in titles:
        mine = [at for at, row in enumerate(rows) if chosen.panel(row) == title]
        bars = [(labels[at], rows[at]) for at in mine]
        plans += _rows(_plan(title, bars, colours, by, inches))
    if len(plans) > _MOST_ROWS:
        raise AnalysisError(
            f"{len(set(labels))} groups of bars do not fit a page: dots show more, and --by "
            "chooses of the params"
        )
    return plans


def _plan(
    title: str,
    rows: Sequence[tuple[str, Mapping[Any, Any]]],
    colours: Mapping[str, Look],
    coloured_by: str | None,
    inches: float,
) -> _Plan:
    """One place per bar; a combination without a run leaves its place free."""
    places = {label: place for place, label in enumerate(dict.fromkeys(label for label, _ in rows))}
    width = min(_FILLED / len(colours), _WIDEST_BAR_INCHES / inches)
    lefts = {name: (i - (len(colours) - 1) / 2) * width for i, name in enumerate(colours)}
    bars = []
    for label, row in rows:
        value = as_text(row[coloured_by]) if coloured_by else ""
        colour = legend_label(coloured_by, value) if coloured_by else ""
        x = places[label] + lefts[value]
        bars.append(_Bar(x, row["mean"], row["low"], row["high"], colours[value], colour, row))
    return _Plan(title, bars, list(places), inches, width)


def _rows(plan: _Plan) -> list[_Plan]:
    """The plan in as many rows as it needs to fit a page."""
    at_most = max(1, int((PAGE_INCHES - _MARGIN_INCHES) / plan.inches))
    size = math.ceil(len(plan.places) / math.ceil(len(plan.places) / at_most))
    rows = []
    for first in range(0, len(plan.places), size):
        mine = [bar for bar in plan.bars if first <= round(bar.x) < first + size]
        moved = [replace(bar, x=bar.x - first) for bar in mine]
        rows.append(replace(plan, bars=moved, places=plan.places[first : first + size]))
    return rows


def _inches_per_group(labels: Sequence[str], colours: int) -> float:
    """Wide enough for the bars and for the longest word below them, within what a page can hold."""
    longest = max(len(part) for label in labels for part in label.split(" / "))
    narrowest = (_NARROWEST_INCHES - _MARGIN_INCHES) / len(set(labels))
    for_bars = colours * _BAR_INCHES / _FILLED
    widest = PAGE_INCHES - _MARGIN_INCHES
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


def _mark(
    grid: Sequence[Axes], panels: Sequence[_Plan], metric: str, reference: pd.DataFrame
) -> str:
    """A diamond on every bar that has a published value; what a reader must know of them."""
    marked = 0
    for axes, plan in zip(grid, panels, strict=True):
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
        marked += len(there)
    bars = sum(len(plan.bars) for plan in panels)
    return f"diamonds: published values, of {marked} of {bars} bars"


def _label(axes: Axes, metric: str, plan: _Plan, places: int) -> None:
    """Both axes: the names of the groups along x, the metric and its range along y."""
    fit = max(len(label) for label in plan.places) * _LETTER_INCHES < plan.inches
    texts = [label if fit else label.replace(" / ", "\n") for label in plan.places]
    axes.set_title(plan.title)
    axes.set_xticks(range(len(texts)), texts)
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.5, places - 0.5)  # a last row may be shorter
    axes.set_ylabel(axis_label(metric))
    if scale_of(metric) == 100:
        axes.set_ylim(0, 108)  # room for the values above full bars
        axes.set_yticks(range(0, 101, 20))
    else:
        axes.margins(y=0.12)


def _selection(panels: Sequence[_Plan], chosen: Selection) -> list[str]:
    bars = [bar for plan in panels for bar in plan.bars]
    places = sum(len(plan.places) for plan in panels)
    free = len(bars) < places * len({bar.label for bar in bars})
    return [*chosen.notes("bar"), *(["a free place: no finished run"] if free else [])]


def _from(source: Source, options: Options) -> Figure:
    runs = source.runs
    # The published values are of the published model, and say nothing of any other.
    is_shown = is_published(runs) and options.metric == "test_accuracy"
    reference = published_results() if is_shown else None
    return accuracy_bars(
        runs,
        options.metric,
        grouped_by=options.by[:-1] or None,
        coloured_by=options.by[-1] if options.by else None,
        reference=reference,
    )


def _in_report(source: Source) -> Iterable[InReport]:
    if is_published(source.runs):
        text = "Test accuracy by dynamics, recurrence and spike code, with the published values."
        yield FIGURE.entry(text)


FIGURE = FigureKind(
    name="bars",
    title="accuracies by what the networks are; of the published model also the published values",
    draw=_from,
    most_by=9,
    in_report=_in_report,
)
