"""A metric after every epoch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.data.groups import done_runs, measured_groups, param_names, require_param, varying
from analysis.data.labels import (
    configuration,
    constants,
    in_order,
    legend_label,
    legend_title,
    metric_label,
)
from analysis.errors import AnalysisError
from analysis.figures.parts.declaration import FigureKind, InReport, Options, Source
from analysis.figures.parts.layout import axis_label, fit_legend, head, scale_of
from analysis.figures.parts.style import Look, looks, styled
from analysis.text.typeset import as_text

_INCHES = 5.2  # without the legend
_TOP = 5  # configurations, where no param tells the lines apart
_MARKERS = 8  # on a line, at most about


def learning_curves(
    runs: pd.DataFrame,
    history: pd.DataFrame,
    metric: str = "val_accuracy",
    by: str | None = None,
    *,
    top: int = _TOP,
) -> Figure:
    """A metric after every epoch: lines are means over finished runs, bands their whole range.

    One line per value of the param `by`, of all runs that have it; without it one per configuration
    of the `top` best by validation, of its seeds. A line ends where the first of its runs ends.

    >>> names = [committed("published-fashion")]
    >>> history = load_history(names, ["val_accuracy"])
    >>> figure = learning_curves(load_runs(names), history, by="dynamics")

    Args:
        runs: As `load_runs` gives them.
        history: One row per run and epoch: `run_id`, `epoch` (from 1), and the metric.
        metric: One of an epoch; accuracies in percent.
        by: A param of at most eight values.
        top: Number of configurations.

    Raises:
        AnalysisError: no run is finished, there is no history of the metric, or the param is
            unknown or has too many values.
    """
    if by is not None:
        require_param(runs, by)
    if metric not in history:
        raise AnalysisError(f"the history has no metric {metric!r}")
    groups, left_out = measured_groups(runs)
    done = done_runs(runs, [])
    keys = done["group_id"] if by is None else done[by].map(as_text)
    if by is None:
        names = _best(groups, top)
    else:
        names = {key: legend_label(by, key) for key in in_order(keys)}
    members = dict(zip(done["run_id"], keys, strict=True))
    epochs = history.assign(_line=history["run_id"].map(members)).dropna(subset=["_line", metric])
    epochs = epochs[epochs["_line"].isin(list(names))]
    if epochs.empty:
        raise AnalysisError(f"the finished runs have no {metric} of any epoch")
    with styled():
        figure = Figure(figsize=(_INCHES, 3.8))
        axes = figure.subplots()
        cut = False
        for key, look in looks(list(names), by or "top").items():
            mine = epochs[epochs["_line"] == key]
            cut |= not mine.empty and _draw(axes, mine, metric, look, names[key])
        axes.set_xlabel("Epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_ylabel(axis_label(metric))
        figure.legend(loc="outside right upper", title=legend_title(by) if by else None)
        fit_legend(figure, _INCHES)
        notes = [
            _statistics(epochs),
            f"the {top} best by validation (of {len(groups)} in all)"
            if len(names) < len(groups) and by is None
            else "",
            "a line ends with the first of its runs to end" if cut else "",
            _missing(int(keys.isin(list(names)).sum()) - epochs["run_id"].nunique()),
        ]
        head(figure, [metric_label(metric), *constants(groups)], [*notes, *left_out])
    return figure


def _best(groups: pd.DataFrame, top: int) -> dict[str, str]:
    """The names of the best configurations, by their ids."""
    shown = varying(groups, param_names(groups))
    rows: list[dict[Any, Any]] = groups.head(top).to_dict("records")
    return {
        str(key): configuration(row, shown)
        for key, row in zip(groups.index[:top], rows, strict=True)
    }


def _statistics(epochs: pd.DataFrame) -> str:
    if (epochs.groupby("_line")["run_id"].nunique() == 1).all():
        return "lines: one run each"
    return "lines: mean over n runs, bands: their lowest to their highest"


def _missing(count: int) -> str:
    return f"not shown: {count} runs without epochs" if count else ""


def _draw(axes: Axes, epochs: pd.DataFrame, metric: str, look: Look, label: str) -> bool:
    """A line and its band; whether some runs went on after its end."""
    values = epochs.pivot(index="epoch", columns="run_id", values=metric) * scale_of(metric)
    common = values.dropna()
    x = common.index.to_numpy()
    axes.plot(
        x,
        common.mean(axis="columns"),
        color=look.colour,
        linestyle=look.line,
        marker=look.marker,
        markevery=max(1, len(x) // _MARKERS),
        label=f"{label} (n = {values.shape[1]})",
    )
    if values.shape[1] > 1:
        low, high = common.min(axis="columns"), common.max(axis="columns")
        axes.fill_between(x, low, high, color=look.colour, alpha=0.12, linewidth=0)
        for edge in (low, high):  # where bands overlap, only their edges tell them apart
            axes.plot(x, edge, color=look.colour, linestyle=look.line, linewidth=0.6)
    return len(common) < len(values)


def _from(source: Source, options: Options) -> Figure:
    by = options.by[0] if options.by else None
    runs = source.runs
    if by is None:  # only the histories that are drawn are read
        leaders = measured_groups(runs)[0].index[:_TOP]
        runs = runs[runs["group_id"].isin(leaders)]
    history = source.history([options.metric], runs["run_id"].tolist())
    return learning_curves(source.runs, history, options.metric, by)


def _in_report(source: Source) -> Iterable[InReport]:
    yield FIGURE.entry(f"Validation accuracy after every epoch of the best {_TOP} configurations.")


FIGURE = FigureKind(
    name="curves",
    title="a metric after every epoch, by a param or of the five best",
    draw=_from,
    example="--by dynamics",
    metric="val_accuracy",
    of_epochs=True,
    most_by=1,
    in_report=_in_report,
)
