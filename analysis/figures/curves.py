"""A metric after every epoch."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.errors import AnalysisError
from analysis.figures.layout import axis_label, head, scale_of
from analysis.groups import done_runs, measured_groups, param_names, require_param, varying
from analysis.labels import (
    configuration,
    constants,
    in_order,
    legend_label,
    legend_title,
    metric_label,
)
from analysis.style import Look, looks, styled
from analysis.typeset import as_text

_MARKERS = 8  # on a line, at most about


def learning_curves(
    runs: pd.DataFrame,
    history: pd.DataFrame,
    metric: str = "val_accuracy",
    by: str | None = None,
    *,
    top: int = 5,
) -> Figure:
    """A metric after every epoch: lines are means over finished runs, bands their whole range.

    One line per value of the param `by`, of all runs that have it; without it one per configuration
    of the `top` best by validation, of its seeds. A line ends where the first of its runs ends.

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
    if by is None:
        best = groups.head(top)
        shown = varying(groups, param_names(groups))
        rows: list[dict[Any, Any]] = best.to_dict("records")
        names = {key: configuration(row, shown) for key, row in zip(best.index, rows, strict=True)}
        label = done["group_id"].map(names)
        order = list(names.values())
    else:
        label = done[by].map(as_text)
        order = in_order(done[by])
    label_of = dict(zip(done["run_id"], label, strict=True))
    known = history[history["run_id"].isin(done["run_id"])].dropna(subset=[metric])
    known = known.assign(_label=known["run_id"].map(label_of)).dropna(subset=["_label"])
    if known.empty:
        raise AnalysisError(f"the finished runs have no {metric} of any epoch")
    with styled():
        figure = Figure(figsize=(7, 3.8))
        axes = figure.subplots()
        styles = looks(order, by or "top")
        cut = [
            _draw(
                axes, known[known["_label"] == value], metric, look, legend_label(by or "", value)
            )
            for value, look in styles.items()
            if (known["_label"] == value).any()
        ]
        axes.set_xlabel("Epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_ylabel(axis_label(metric))
        figure.legend(loc="outside right upper", title=legend_title(by) if by else None)
        notes = ["lines: mean over n runs, bands: their lowest to their highest"]
        if by is None and len(groups) > top:
            notes.append(f"the {top} best by validation (of {len(groups)} in all)")
        if any(cut):
            notes.append("a line ends with the first of its runs to end")
        without = label.notna().sum() - known["run_id"].nunique()
        notes += [f"not shown: {without} runs without epochs"] if without else []
        head(figure, [metric_label(metric), *constants(groups)], [*notes, *left_out])
    return figure


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
