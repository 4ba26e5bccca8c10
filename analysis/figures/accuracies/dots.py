"""Dots of a metric with their intervals, on an axis that shows how they differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.data.groups import COSTS, is_number, is_published
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
_SHADE = "#F3F3F3"


def accuracy_dots(
    runs: pd.DataFrame,
    metric: str = "test_accuracy",
    *,
    grouped_by: Sequence[str] | None = None,
    coloured_by: str | None = None,
) -> Figure:
    """A dot for every group and colour: a metric, the mean over seeds, with its 95 % t interval.

    Rows are the groups, by those of `grouped_by` that vary, the best first, or in the order of
    their numbers; in each a dot per value of `coloured_by`. Data sets and presets have panels with
    an axis of their own. Where other params vary too, a dot is the configuration that is best by
    validation. By default a grid shows each of its configurations, and a search the best by
    `GROUPED_BY`. A page holds so many rows; of more, those that are best by validation are shown,
    and the figure says so. Accuracies in percent.

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
        panels = {name: _placed(panel, colours, by) for name, panel in _panels(rows).items()}
        heights = [float(panel["_end"].max()) for panel in panels.values()]
        longest = min(int(rows["_row"].str.len().max()), _LONGEST_LABEL)
        width = min(_AXES_INCHES + longest * _LETTER_INCHES, PAGE_INCHES)
        figure.set_size_inches(width, 1.3 + sum(heights) + _PANEL_INCHES * len(panels))
        grid = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)
        for axes, (name, panel) in zip(grid[:, 0], panels.items(), strict=True):
            _draw(axes, panel, colours, scale_of(metric))
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
            fit_legend(figure, width)
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
    return kept.iloc[_in_order(kept, chosen, metric)], hidden


def _in_order(rows: pd.DataFrame, chosen: Selection, metric: str) -> list[int]:
    """Where the rows stand: by the number that tells them apart, or the best value first."""
    keys: list[Any] = [
        [sort_key(row[name]) for name in chosen.shown] for row in rows.to_dict("records")
    ]
    if len(chosen.labels) > 1 or not is_number(rows[chosen.labels[0]]):
        worse = rows["mean"] if metric in COSTS else -rows["mean"]
        best = worse.groupby([rows["_panel"], rows["_row"]]).transform("min")
        panels = [
            [sort_key(row[name]) for name in chosen.panels] for row in rows.to_dict("records")
        ]
        keys = list(zip(panels, best, keys, strict=True))
    return sorted(range(len(rows)), key=keys.__getitem__)


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"


def _panels(rows: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
    return {str(name): panel for name, panel in rows.groupby("_panel", sort=False)}


def _placed(panel: pd.DataFrame, colours: Mapping[str, Look], by: str | None) -> pd.DataFrame:
    """The dots of a panel with their colours and heights, in inches from the top.

    The dots of a row stand below each other; what was not run takes no place. `_begin` and `_end`
    are those of the row.
    """
    values = panel[by].map(as_text) if by else pd.Series("", index=panel.index)
    order = {name: at for at, name in enumerate(dict.fromkeys(panel["_row"]))}
    panel = panel.assign(
        _colour=values, _place=panel["_row"].map(order), _turn=values.map([*colours].index)
    ).sort_values(["_place", "_turn"], kind="stable")
    above = _STEP_INCHES * np.arange(len(panel)) + _GAP_INCHES * panel["_place"]
    panel["_y"] = above + (_GAP_INCHES + _STEP_INCHES) / 2
    rows = panel.groupby("_place")["_y"]
    panel["_begin"] = rows.transform("min") - (_GAP_INCHES + _STEP_INCHES) / 2
    panel["_end"] = rows.transform("max") + (_GAP_INCHES + _STEP_INCHES) / 2
    return panel


def _mark(look: Look) -> dict[str, Any]:
    return {"linestyle": "none", "marker": look.marker, "color": look.colour}


def _draw(axes: Axes, panel: pd.DataFrame, colours: Mapping[str, Look], scale: int) -> None:
    """The dots of a panel with their intervals, and their values at the right."""
    span = float(panel["mean"].max() - panel["mean"].min())
    for row in panel.to_dict("records"):
        y, look = row["_y"], colours[row["_colour"]]
        if not np.isnan(row["low"]):
            ends = [[row["mean"] - row["low"]], [row["high"] - row["mean"]]]
            axes.errorbar(row["mean"], y, xerr=ends, fmt="none", ecolor=look.colour, **ERROR_BAR)
        axes.plot(row["mean"], y, **_mark(look))
        axes.annotate(
            value_text(row["mean"], scale, span),
            (1.0, y),
            (4, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            verticalalignment="center",
            fontsize=SMALL,
            color=GREY,
        )
    _label_rows(axes, panel)
    axes.margins(x=0.06)
    axes.locator_params(axis="x", nbins=6)
    if len(panel) == 1:  # an axis of a single value has no width of its own
        low, high = panel["low"].min(), panel["high"].max()
        room = max(
            1.0 if scale == 100 else abs(row["mean"]) * 0.1, 0.0 if np.isnan(low) else high - low
        )
        axes.set_xlim(row["mean"] - room, row["mean"] + room)


def _label_rows(axes: Axes, panel: pd.DataFrame) -> None:
    """The names of the rows; every second row is shaded, so that it is seen what is in one."""
    rows = panel.drop_duplicates("_place")
    for begin, end in rows[["_begin", "_end"]].to_numpy()[1::2]:
        axes.axhspan(begin, end, color=_SHADE, linewidth=0, zorder=0)
    axes.set_yticks((rows["_begin"] + rows["_end"]) / 2, rows["_row"])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(float(rows["_end"].max()), 0)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")


def _from(source: Source, options: Options) -> Figure:
    return accuracy_dots(
        source.runs,
        options.metric,
        grouped_by=options.by[:-1] or None,
        coloured_by=options.by[-1] if options.by else None,
    )


def _in_report(source: Source) -> Iterable[InReport]:
    if not is_published(source.runs):  # of which bars show the published values, too
        yield FIGURE.entry("Test accuracy by what the networks are.")


FIGURE = FigureKind(
    name="dots",
    title="accuracies with their intervals by what the networks are, on an axis that shows them",
    draw=_from,
    most_by=9,
    in_report=_in_report,
)
