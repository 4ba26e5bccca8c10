"""A metric after every epoch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.data.groups import done_runs, measured_groups, param_names, require_param, varying
from analysis.data.labels import (
    asked_for,
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
_MOST_PARAMS = 4  # that name a configuration
_MOST_BANDS, _COLUMNS = 3, 4
_MARKERS = 8  # on a line, at most about


def learning_curves(
    runs: pd.DataFrame,
    history: pd.DataFrame,
    metric: str = "val_accuracy",
    by: str | None = None,
    *,
    top: int = _TOP,
) -> Figure:
    """A metric after every epoch: lines are medians of finished runs, bands their whole range.

    More than three bands are drawn in a panel each, with the other lines in grey.

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
        figure, panels = _panels(epochs, names, by)
        cut = False
        lines = looks(list(names), by or "top")
        for axes, shown in panels:
            for key, look in lines.items():
                mine = epochs[epochs["_line"] == key]
                if not mine.empty:
                    behind = key not in shown
                    cut |= _draw(axes, mine, metric, look, names[key], behind=behind)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        for axes, _ in panels:
            axes.set_xlabel("Epoch")
            axes.set_ylabel(axis_label(metric))
            axes.label_outer()
        _legend(figure, [axes for axes, _ in panels], by)
        notes = [
            _statistics(epochs),
            "in grey: the other panels" if len(panels) > 1 else "",
            f"the {top} best by validation (of {len(groups)} in all)"
            if len(names) < len(groups) and by is None
            else "",
            "a line ends with the first of its runs to end" if cut else "",
            _missing(int(keys.isin(list(names)).sum()) - epochs["run_id"].nunique()),
        ]
        head(figure, [metric_label(metric), *constants(groups)], [*notes, *left_out])
    return figure


def _panels(
    epochs: pd.DataFrame, names: Mapping[str, str], by: str | None
) -> tuple[Figure, list[tuple[Axes, list[str]]]]:
    """Axes and the lines that stand out in each: more than three bands cannot be told apart."""
    banded = epochs.groupby("_line")["run_id"].nunique().gt(1).sum()
    if banded <= _MOST_BANDS:
        figure = Figure(figsize=(_INCHES, 3.8))
        return figure, [(figure.subplots(), list(names))]
    columns = -(-len(names) // -(-len(names) // _COLUMNS))
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(1.0 + 2.3 * columns, 1.0 + 2.1 * rows))
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for unused in grid[len(names) :]:
        unused.remove()
    return figure, [(axes, [name]) for axes, name in zip(grid, names, strict=False)]


def _legend(figure: Figure, panels: Sequence[Axes], by: str | None) -> None:
    """An entry for each line that stands out in one of the panels."""
    entries = [axes.get_legend_handles_labels() for axes in panels]
    handles = [handle for some, _ in entries for handle in some]
    labels = [label for _, some in entries for label in some]
    title = legend_title(by) if by else None
    figure.legend(handles, labels, loc="outside right upper", title=title)
    fit_legend(figure, figure.get_figwidth())


def _best(groups: pd.DataFrame, top: int) -> dict[str, str]:
    """The names of the best configurations by what differs among them, by their ids."""
    best = groups.head(top)
    differ = (
        varying(best, param_names(best)) if len(best) > 1 else varying(groups, param_names(groups))
    )
    shown = asked_for(differ)[:_MOST_PARAMS]
    rows: list[dict[Any, Any]] = best.to_dict("records")
    names = [configuration(row, shown) for row in rows]
    # Where the names of two are one, their places tell them apart.
    place = {n: f"{n + 1}. {name}" for n, name in enumerate(names) if names.count(name) > 1}
    return {str(key): place.get(n, names[n]) for n, key in enumerate(best.index)}


def _statistics(epochs: pd.DataFrame) -> str:
    if (epochs.groupby("_line")["run_id"].nunique() == 1).all():
        return "lines: one run each"
    return "lines: median of n runs, bands: their lowest to their highest"


def _missing(count: int) -> str:
    return f"not shown: {count} runs without epochs" if count else ""


def _draw(
    axes: Axes, epochs: pd.DataFrame, metric: str, look: Look, label: str, *, behind: bool
) -> bool:
    """A line and its band, or a thin grey line behind; whether some runs went on after its end."""
    values = epochs.pivot(index="epoch", columns="run_id", values=metric) * scale_of(metric)
    common = values.dropna()
    x, middle = common.index.to_numpy(), common.median(axis="columns")
    if behind:
        axes.plot(x, middle, color="#BBBBBB", linewidth=0.7, zorder=1)
        return False
    axes.plot(
        x,
        middle,
        color=look.colour,
        linestyle=look.line,
        marker=look.marker,
        markevery=max(1, len(x) // _MARKERS),
        label=f"{label} (n\u00a0=\u00a0{values.shape[1]})",
    )
    if values.shape[1] > 1:
        low, high = common.min(axis="columns"), common.max(axis="columns")
        axes.fill_between(x, low, high, color=look.colour, alpha=0.15, linewidth=0)
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
