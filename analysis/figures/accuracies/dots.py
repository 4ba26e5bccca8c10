"""Dots of a metric with their intervals, on an axis that shows how they differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
from analysis.figures.accuracies.selection import Selection, select
from analysis.figures.parts.declaration import FigureKind, InReport, Options, Source
from analysis.figures.parts.layout import (
    PAGE_INCHES,
    axis_label,
    estimates,
    fit_legend,
    head,
    scale_of,
    statistics,
    value_text,
)
from analysis.figures.parts.style import ERROR_BAR, GREY, SMALL, Look, looks, styled
from analysis.text.typeset import as_text

_STEP_INCHES, _GAP_INCHES, _PANEL_INCHES = 0.14, 0.16, 0.6
_MOST_INCHES = 9.0  # of all rows: what a page holds
_AXES_INCHES, _LETTER_INCHES = 4.2, 0.075
_LONGEST_LABEL = 60


def accuracy_dots(
    runs: pd.DataFrame,
    metric: str = "test_accuracy",
    *,
    grouped_by: Sequence[str] | None = None,
    coloured_by: str | None = None,
) -> Figure:
    """A dot for every group and colour: a metric, the mean over seeds, with its 95 % t interval.

    Rows are the groups, by those of `grouped_by` that vary; in each a dot per value of
    `coloured_by`. Data sets and presets have panels with an axis of their own. Where other params
    vary too, a dot is the configuration that is best by validation. By default a grid shows each of
    its configurations, and a search the best by `GROUPED_BY`. A page holds so many rows; of more,
    those that are best by validation are shown, and the figure says so. Accuracies in percent.

    >>> runs = load_runs([committed("published-fashion")])
    >>> figure = accuracy_dots(runs, grouped_by=["encoding"], coloured_by="dynamics")

    Raises:
        AnalysisError: no run is finished, none has the metric, a param is unknown or has more
            values than there are colours.
    """
    chosen = select(runs, metric, grouped_by, coloured_by)
    by = chosen.coloured_by
    colours = looks(in_order(chosen.best[by]) if by else [""], str(by))
    with styled():
        figure = Figure()
        rows, hidden = _rows(chosen, metric, len(colours))
        panels = _panels(rows)
        lines = [panel["_row"].nunique() for panel in panels.values()]
        per_row = _GAP_INCHES + _STEP_INCHES * len(colours)
        longest = min(int(rows["_row"].str.len().max()), _LONGEST_LABEL)
        width = _AXES_INCHES + longest * _LETTER_INCHES
        figure.set_size_inches(
            min(width, PAGE_INCHES), 1.3 + sum(n * per_row + _PANEL_INCHES for n in lines)
        )
        grid = figure.subplots(
            len(panels), 1, squeeze=False, height_ratios=[n + 0.3 for n in lines]
        )
        for axes, (name, panel) in zip(grid[:, 0], panels.items(), strict=True):
            _draw(axes, panel, colours, by, scale_of(metric))
            axes.set_title(name)
        grid[-1, 0].set_xlabel(axis_label(metric))
        if by and len(colours) > 1:
            marks = {
                name: grid[0, 0].plot([], [], **_mark(look))[0] for name, look in colours.items()
            }
            names = [legend_label(by, name) for name in marks]
            figure.legend(
                [*marks.values()], names, loc="outside right upper", title=legend_title(by)
            )
            fit_legend(figure, min(width, PAGE_INCHES))
        notes = [statistics(rows), *chosen.notes("dot"), hidden, *chosen.left_out]
        head(figure, [metric_label(metric), *constants(chosen.best, chosen.shown)], notes)
    return figure


def _rows(chosen: Selection, metric: str, colours: int) -> tuple[pd.DataFrame, str]:
    """The configurations with their estimates and the names of their rows; what a page cannot hold.

    The columns `_row` (its name) and `_panel` are added to those of the configurations.
    """
    best = chosen.best.join(estimates(chosen.best, metric))
    records: list[dict[Any, Any]] = best.to_dict("records")
    best["_row"] = [_short(configuration(row, chosen.labels)) for row in records]
    best["_panel"] = [chosen.panel(row) for row in records]
    rows = best[["_panel", "_row"]].drop_duplicates()
    most = int(_MOST_INCHES / (_GAP_INCHES + _STEP_INCHES * colours))
    kept = best.merge(rows.head(most), on=["_panel", "_row"])
    hidden = f"the best {most} rows of {len(rows)} by validation" if len(rows) > most else ""
    keys = [[sort_key(row[name]) for name in chosen.shown] for row in kept.to_dict("records")]
    return kept.iloc[sorted(range(len(kept)), key=keys.__getitem__)], hidden


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"


def _panels(rows: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
    return {str(name): panel for name, panel in rows.groupby("_panel", sort=False)}


def _mark(look: Look) -> dict[str, Any]:
    return {"linestyle": "none", "marker": look.marker, "color": look.colour}


def _draw(
    axes: Axes, panel: pd.DataFrame, colours: Mapping[str, Look], by: str | None, scale: int
) -> None:
    """The dots of a panel, those of a row below each other, and their values at the right."""
    names = list(dict.fromkeys(panel["_row"]))
    places = {name: place for place, name in enumerate(names)}
    share = _STEP_INCHES / (_GAP_INCHES + _STEP_INCHES * len(colours))
    order = {name: (at - (len(colours) - 1) / 2) * share for at, name in enumerate(colours)}
    for row in panel.to_dict("records"):
        value = as_text(row[by]) if by else ""
        y, look = places[row["_row"]] + order[value], colours[value]
        if not np.isnan(row["low"]):
            ends = [[row["mean"] - row["low"]], [row["high"] - row["mean"]]]
            axes.errorbar(row["mean"], y, xerr=ends, fmt="none", ecolor=look.colour, **ERROR_BAR)
        axes.plot(row["mean"], y, **_mark(look))
        axes.annotate(
            value_text(row["mean"], scale),
            (1.0, y),
            (4, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            verticalalignment="center",
            fontsize=SMALL,
            color=GREY,
        )
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=True, axis="both")
    axes.margins(x=0.06)
    axes.locator_params(axis="x", nbins=6)
    if len(panel) == 1:  # an axis of a single value has no width of its own
        low, high = panel["low"].min(), panel["high"].max()
        room = max(
            1.0 if scale == 100 else abs(row["mean"]) * 0.1, 0.0 if np.isnan(low) else high - low
        )
        axes.set_xlim(row["mean"] - room, row["mean"] + room)


def _from(source: Source, options: Options) -> Figure:
    return accuracy_dots(
        source.runs,
        options.metric,
        grouped_by=options.by[:-1] or None,
        coloured_by=options.by[-1] if options.by else None,
    )


def _in_report(source: Source) -> Iterable[InReport]:
    if not is_published(source.runs):  # of which bars show the published values, too
        yield FIGURE.entry(
            "Test accuracy by dynamics, recurrence and spike code, coloured by size."
        )


FIGURE = FigureKind(
    name="dots",
    title="accuracies with their intervals by what the networks are, on an axis that shows them",
    draw=_from,
    most_by=9,
    in_report=_in_report,
)
