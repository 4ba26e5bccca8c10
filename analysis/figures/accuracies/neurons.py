"""Accuracy against the size of the network."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.data.groups import levels, measured_groups, require_param, several_values
from analysis.data.labels import (
    FAMILY,
    constants,
    family,
    in_order,
    legend_label,
    legend_title,
    metric_label,
    value_labels,
)
from analysis.figures.parts.declaration import FigureKind, InReport, Options, Source
from analysis.figures.parts.framing import frame_lone
from analysis.figures.parts.layout import axis_label, estimates, fit_legend, head, statistics
from analysis.figures.parts.style import ERROR_BAR, Look, looks, styled
from analysis.figures.parts.ticks import far_enough, round_axis, set_ticks
from analysis.text.plain import counted
from analysis.text.typeset import as_text

_INCHES = 5.2  # without the legend
_LOG_FROM = 6  # times: sizes that differ more stand on a logarithmic axis
_MOST_TICKS = 10
_APART_BY = 0.015  # of the axis
_APART = ("dataset", "preset", "encoding")  # unlike networks, that no line connects
_COLUMNS = 3


def total_neurons(hidden: Any) -> int:
    """The hidden neurons of all layers: of 128, "128" or "[64, 64]"."""
    return sum(int(size) for size in re.findall(r"\d+", as_text(hidden)))


def accuracy_by_neurons(
    runs: pd.DataFrame, metric: str = "test_accuracy", *, by: str | None = None
) -> Figure:
    """A metric against the total number of hidden neurons, the mean over seeds with its interval.

    One line per dynamics and recurrence, or per value of the param `by`; networks that differ in
    data set, preset or spike code have a panel for each. Where a line has several configurations of
    a size, the best by validation. Where a search tried more than ten sizes, every configuration is
    a point, without lines. Error bars are 95 % t intervals; accuracies in percent.

    >>> figure = accuracy_by_neurons(load_runs([committed("published-fashion")]), by="encoding")

    Raises:
        AnalysisError: no run is finished, none has the metric, or a param is unknown or has more
            values than there are looks.
    """
    for name in ("hidden", *([by] if by else ())):
        require_param(runs, name)
    groups, left_out = measured_groups(runs, metric)
    apart = [name for name in _APART if name in groups and name != by and levels(groups, name) > 1]
    groups["_size"] = groups["hidden"].map(total_neurons)
    rows: list[dict[Any, Any]] = groups.to_dict("records")
    groups["_line"] = [legend_label(by, row[by]) if by else family(row) for row in rows]
    groups["_panel"] = [", ".join(value_labels(row, apart)) for row in rows]
    are_points = groups["_size"].nunique() > _MOST_TICKS
    shown = groups if are_points else groups[~groups.duplicated(["_size", "_line", "_panel"])]
    shown = shown.join(estimates(shown, metric)).sort_values("_size")
    lines = in_order(shown["_line"])
    with styled():
        figure, panels = _panels(shown)
        shown["_x"] = _side_by_side(shown, lines)
        for name, axes in panels.items():
            for line, look in looks(lines, by or " × ".join(FAMILY)).items():
                mine = shown[(shown["_line"] == line) & (shown["_panel"] == name)]
                _draw(axes, mine, look, line, are_points=are_points)
            axes.set_title(name)
            _size_axis(axes, shown["_size"])
            axes.set_ylabel(axis_label(metric))
        for axes in panels.values():
            if len(shown) == 1:
                frame_lone(axes, shown["mean"])
            axes.label_outer()
        if len(lines) > 1:
            width = figure.get_figwidth()
            handles, labels = next(iter(panels.values())).get_legend_handles_labels()
            title = legend_title(by) if by else None
            figure.legend(handles, labels, loc="outside right upper", title=title)
            fit_legend(figure, width)
        notes = [statistics(shown), *_selection(len(shown), len(groups)), *left_out]
        head(figure, [metric_label(metric), *constants(groups, ["hidden"])], notes)
    return figure


def _panels(shown: pd.DataFrame) -> tuple[Figure, dict[str, Axes]]:
    """Axes for every panel, at most three beside each other, which have one scale of the metric."""
    names = list(dict.fromkeys(sorted(shown["_panel"])))
    # A preset has a row of its own, so that the scale of one does not hide those of the other.
    alike = Counter(name.partition(", ")[0] for name in names)
    columns = min(max(alike.values()) if max(alike.values()) > 1 else len(names), _COLUMNS)
    rows = -(-len(names) // columns)
    inches = _INCHES if columns == 1 else _INCHES * 0.62 * columns
    figure = Figure(figsize=(inches, 1.0 + 2.8 * rows))
    grid = figure.subplots(rows, columns, squeeze=False, sharey="row").ravel()
    for unused in grid[len(names) :]:
        unused.remove()
    return figure, dict(zip(names, grid, strict=False))


def _side_by_side(points: pd.DataFrame, lines: Sequence[str]) -> pd.Series[float]:
    """The sizes, shifted a little for every line, so that error bars do not overlap."""
    place = points["_line"].map({line: at for at, line in enumerate(lines)})
    aside = (place - (len(lines) - 1) / 2) * _APART_BY
    size = points["_size"].astype("float64")
    if _is_logarithmic(size):
        return size * (size.max() / size.min()) ** aside
    return size + (size.max() - size.min()) * aside


def _draw(axes: Axes, points: pd.DataFrame, look: Look, label: str, *, are_points: bool) -> None:
    axes.plot(
        points["_x"],
        points["mean"],
        color=look.colour,
        linestyle="none" if are_points else look.line,
        marker=look.marker,
        markeredgecolor="#FFFFFF" if are_points else look.colour,
        markeredgewidth=0.5,
        label=label,
    )
    axes.errorbar(
        points["_x"],
        points["mean"],
        yerr=[points["mean"] - points["low"], points["high"] - points["mean"]],
        fmt="none",
        ecolor=look.colour,
        **ERROR_BAR,
    )


def _selection(points: int, configurations: int) -> list[str]:
    if points == configurations:
        return [counted(points, "configuration")]
    return [f"each point the best by validation (of {configurations} in all)"]


def _is_logarithmic(sizes: pd.Series[Any]) -> bool:
    return bool(sizes.max() > _LOG_FROM * sizes.min())


def _size_axis(axes: Axes, sizes: pd.Series[int]) -> None:
    different = sorted({float(size) for size in sizes})
    low, high, log = different[0], different[-1], _is_logarithmic(sizes)
    round_axis(axes, "x", low, high, log=log)
    if len(different) <= _MOST_TICKS:
        set_ticks(axes.xaxis, far_enough(different, low, high, log=log))
    axes.set_xlabel("Hidden neurons in all layers")


def _from(source: Source, options: Options) -> Figure:
    by = options.by[0] if options.by else None
    return accuracy_by_neurons(source.runs, options.metric, by=by)


def _in_report(source: Source) -> Iterable[InReport]:
    if several_values(source.runs, ["hidden"]):
        yield FIGURE.entry("Test accuracy against the number of hidden neurons.")


FIGURE = FigureKind(
    name="neurons",
    title="accuracy against the number of hidden neurons",
    draw=_from,
    most_by=1,
    in_report=_in_report,
)
