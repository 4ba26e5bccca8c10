"""Accuracy against the size of the network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.data.groups import measured_groups, require_param, several_values
from analysis.data.labels import (
    FAMILY,
    constants,
    family,
    in_order,
    legend_label,
    legend_title,
    metric_label,
)
from analysis.figures.parts.declaration import FigureKind, InReport, Options, Source
from analysis.figures.parts.layout import axis_label, estimates, fit_legend, head, statistics
from analysis.figures.parts.style import ERROR_BAR, Look, looks, styled
from analysis.text.typeset import as_text

_INCHES = 5.2  # without the legend
_LOG_FROM = 6  # times: sizes that differ more stand on a logarithmic axis
_MOST_TICKS = 10
_APART = 0.008  # of the axis


def total_neurons(hidden: Any) -> int:
    """The hidden neurons of all layers: of 128, "128" or "[64, 64]"."""
    return sum(int(size) for size in re.findall(r"\d+", as_text(hidden)))


def accuracy_by_neurons(
    runs: pd.DataFrame, metric: str = "test_accuracy", *, by: str | None = None
) -> Figure:
    """A metric against the total number of hidden neurons, the mean over seeds with its interval.

    One line per dynamics and recurrence, or per value of the param `by`; where a line has several
    configurations of a size, the best by validation. Error bars are 95 % t intervals; accuracies in
    percent.

    >>> figure = accuracy_by_neurons(load_runs([committed("published-fashion")]), by="encoding")

    Raises:
        AnalysisError: no run is finished, none has the metric, or a param is unknown or has more
            values than there are looks.
    """
    for name in ("hidden", *([by] if by else ())):
        require_param(runs, name)
    groups, left_out = measured_groups(runs, metric)
    groups["_size"] = groups["hidden"].map(total_neurons)
    rows: list[dict[Any, Any]] = groups.to_dict("records")
    groups["_line"] = [legend_label(by, row[by]) if by else family(row) for row in rows]
    best = groups[~groups.duplicated(["_size", "_line"])]
    best = best.join(estimates(best, metric)).sort_values("_size")
    lines = in_order(best["_line"])
    with styled():
        figure = Figure(figsize=(_INCHES, 3.8))
        axes = figure.subplots()
        best["_x"] = _side_by_side(best, lines)
        for line, look in looks(lines, by or " × ".join(FAMILY)).items():
            _draw(axes, best[best["_line"] == line], look, line)
        _size_axis(axes, best["_size"])
        axes.set_ylabel(axis_label(metric))
        if len(lines) > 1:
            figure.legend(loc="outside right upper", title=legend_title(by) if by else None)
            fit_legend(figure, _INCHES)
        notes = [statistics(best), *_selection(len(best), len(groups)), *left_out]
        head(figure, [metric_label(metric), *constants(best, ["hidden"])], notes)
    return figure


def _side_by_side(points: pd.DataFrame, lines: Sequence[str]) -> pd.Series[float]:
    """The sizes, shifted a little for every line, so that error bars do not overlap."""
    place = points["_line"].map({line: at for at, line in enumerate(lines)})
    aside = (place - (len(lines) - 1) / 2) * _APART
    size = points["_size"].astype("float64")
    if _is_logarithmic(size):
        return size * (size.max() / size.min()) ** aside
    return size + (size.max() - size.min()) * aside


def _draw(axes: Axes, points: pd.DataFrame, look: Look, label: str) -> None:
    axes.plot(
        points["_x"],
        points["mean"],
        color=look.colour,
        linestyle=look.line,
        marker=look.marker,
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
        return []
    return [f"each point the best by validation (of {configurations} in all)"]


def _is_logarithmic(sizes: pd.Series[Any]) -> bool:
    return bool(sizes.max() > _LOG_FROM * sizes.min())


def _size_axis(axes: Axes, sizes: pd.Series[int]) -> None:
    different = sorted(set(sizes))
    if _is_logarithmic(sizes):
        axes.set_xscale("log", base=2)
    if len(different) <= _MOST_TICKS:
        axes.set_xticks(different, [str(size) for size in different])
        axes.set_xticks([], minor=True)
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
