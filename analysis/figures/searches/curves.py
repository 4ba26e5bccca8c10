"""A metric after every epoch."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.data.groups import done_runs, measured_groups, param_names, require_param, varying
from analysis.data.labels import (
    configurations,
    constants,
    in_order,
    legend_label,
    legend_title,
    metric_label,
    value_labels,
)
from analysis.errors import AnalysisError
from analysis.figures.parts.declaration import FigureKind, InReport, Options, Source
from analysis.figures.parts.layout import axis_label, fit_legend, head, scale_of
from analysis.figures.parts.param_axis import whole_numbers
from analysis.figures.parts.style import LOOKS, Look, looks, styled
from analysis.records import State
from analysis.text.plain import counted
from analysis.text.typeset import as_text

_INCHES = 5.2  # without the legend
_TOP = 5  # configurations, where no param tells the lines apart
_MOST_BANDS, _COLUMNS = 3, 4
_MARKERS = 8  # on a line, at most about
_APART = ("dataset", "preset")  # lines that are drawn in panels with a scale of their own
_SEPARATOR = " | "
_EARLY, _MANY_EPOCHS, _MUCH = 0.2, 10, 2.0  # the first epochs: when they are much of an axis
_TITLE_LETTERS = 34


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
    if by is None:
        lines = {key: _Line(name) for key, name in _best(groups, top).items()}
        keys = done["group_id"]
    else:
        keys, lines = _by(done, by)
    members = dict(zip(done["run_id"], keys, strict=True))
    epochs = history.assign(_line=history["run_id"].map(members)).dropna(subset=["_line", metric])
    epochs = epochs[epochs["_line"].isin(list(lines))]
    if epochs.empty:
        raise AnalysisError(f"the finished runs have no {metric} of any epoch")
    with styled():
        figure, panels = _panels(epochs, lines)
        ended = False
        counts = epochs.groupby("_line")["run_id"].nunique()
        told = {
            key: f" (n\u00a0=\u00a0{n})" if counts.max() > 1 else "" for key, n in counts.items()
        }
        for key, look in looks(list(lines), by or "top").items():
            mine = epochs[epochs["_line"] == key]
            for panel in panels:
                if not mine.empty and panel.has(lines[key]):
                    behind = key not in panel.lines
                    ended |= _draw(
                        panel.axes, mine, metric, look, lines[key].name + told[key], behind=behind
                    )
        early = _begin_late(panels, epochs, metric)
        _label(figure, panels, metric, by)
        notes = [
            _statistics(epochs),
            "in grey: the other panels" if len(panels) > 1 else "",
            f"the {top} best by validation (of {len(groups)} in all)"
            if len(lines) < len(groups) and by is None
            else "",
            "a line ends with the first of its runs to end" if ended else "",
            f"of the first {early} epochs, what lies below the axis is not shown" if early else "",
            _missing(int(keys.isin(list(lines)).sum()) - epochs["run_id"].nunique()),
        ]
        head(figure, [metric_label(metric), *constants(groups)], [*notes, *left_out])
    return figure


@dataclass(frozen=True)
class _Line:
    """The name of a line, and the data set and preset that it is compared within."""

    name: str
    within: str = ""


@dataclass(frozen=True)
class _Panel:
    """Axes, the keys of the lines that stand out there, and what else may be in it."""

    axes: Axes
    lines: Sequence[str]
    within: str | None = None

    def has(self, line: _Line) -> bool:
        return self.within is None or line.within == self.within


def _by(done: pd.DataFrame, by: str) -> tuple[pd.Series[str], dict[str, _Line]]:
    """The line of each run, and the lines: by a param, within data set and preset if they vary."""
    apart = [name for name in _APART if name in done and name != by and done[name].nunique() > 1]
    if len(done[[*apart, by]].drop_duplicates()) > len(LOOKS):
        apart = []  # more than can be told apart
    rows: list[dict[Any, Any]] = done[[*apart, by]].to_dict("records")
    keys = pd.Series([_SEPARATOR.join(map(as_text, row.values())) for row in rows], done.index)
    lines = {}
    for key in in_order(keys):
        row = rows[list(keys).index(key)]
        within = ", ".join(value_labels(row, apart))
        value = legend_label(by, as_text(row[by]))
        lines[key] = _Line(f"{within}, {value}" if within else value, within)
    return keys, lines


def _panels(epochs: pd.DataFrame, lines: Mapping[str, _Line]) -> tuple[Figure, list[_Panel]]:
    """Axes and the lines that stand out in each: more than three bands cannot be told apart."""
    banded = epochs.groupby("_line")["run_id"].nunique().gt(1).sum()
    within = dict.fromkeys(line.within for line in lines.values())
    if banded <= _MOST_BANDS and len(within) == 1:
        figure = Figure(figsize=(_INCHES, 3.8))
        return figure, [_Panel(figure.subplots(), list(lines))]
    rows, columns = _shape(len(lines))
    figure = Figure(figsize=(1.0 + 2.4 * columns, 1.0 + 2.2 * rows))
    alike = len(within) == 1  # else each has a scale of its own
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=alike).ravel()
    for unused in grid[len(lines) :]:
        unused.remove()
    panels = zip(grid, lines.items(), strict=False)
    return figure, [_Panel(axes, [key], line.within) for axes, (key, line) in panels]


def _shape(panels: int) -> tuple[int, int]:
    """Rows and columns of so many panels, as even as can be."""
    most = 2 if panels == _COLUMNS else _COLUMNS  # two rows of two can be read on a page
    columns = -(-panels // -(-panels // most))
    return -(-panels // columns), columns


def _begin_late(panels: Sequence[_Panel], epochs: pd.DataFrame, metric: str) -> int:
    """Where the first epochs would take most of an axis, begin it at the later ones.

    Returns:
        The number of epochs that may lie below it; 0 if all is shown.
    """
    last = int(epochs["epoch"].max())
    early = int(last * _EARLY)
    if scale_of(metric) != 100 or last < _MANY_EPOCHS:
        return 0
    cut = False
    for within in dict.fromkeys(panel.within for panel in panels):
        mine = [panel.axes for panel in panels if panel.within == within]
        drawn = np.concatenate([line.get_xydata() for axes in mine for line in axes.lines])
        later = drawn[drawn[:, 0] > early, 1]
        low, high = float(later.min()), float(drawn[:, 1].max())
        if high - drawn[:, 1].min() > _MUCH * (high - low) > 0:
            for axes in mine:
                axes.set_ylim(low - 0.1 * (high - low), high + 0.06 * (high - low))
            cut = True
    return early if cut else 0


def _label(figure: Figure, panels: Sequence[_Panel], metric: str, by: str | None) -> None:
    """The names of the axes, and those of the lines: as a legend, or above the panels."""
    _, columns = _shape(len(panels))
    for number, panel in enumerate(panels):
        axes = panel.axes
        whole_numbers(axes, "x")
        is_lowest = number + columns >= len(panels)
        axes.tick_params(axis="x", labelbottom=is_lowest)
        axes.set_xlabel("Epoch" if is_lowest else "")
        axes.set_ylabel(axis_label(metric) if number % columns == 0 else "")
    if len(panels) > 1:
        for panel in panels:
            _, (name,) = panel.axes.get_legend_handles_labels()
            panel.axes.set_title(textwrap.fill(name, _TITLE_LETTERS), fontsize=8)
        return
    title = legend_title(by) if by else None
    figure.legend(loc="outside right upper", title=title)
    fit_legend(figure, figure.get_figwidth())


def _best(groups: pd.DataFrame, top: int) -> dict[str, str]:
    """The names of the best configurations by what differs among them, by their ids."""
    best = groups.head(top)
    differ = (
        varying(best, param_names(best)) if len(best) > 1 else varying(groups, param_names(groups))
    )
    names = configurations(best, differ)
    # Where the names of two are one, their places tell them apart.
    place = {n: f"{n + 1}. {name}" for n, name in enumerate(names) if names.count(name) > 1}
    return {str(key): place.get(n, names[n]) for n, key in enumerate(best.index)}


def _statistics(epochs: pd.DataFrame) -> str:
    if (epochs.groupby("_line")["run_id"].nunique() == 1).all():
        return "lines: one run each"
    return "lines: median of n runs, bands: their lowest to their highest"


def _missing(count: int) -> str:
    return f"not shown: {count} run{'' if count == 1 else 's'} without epochs" if count else ""


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
        label=label,
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
    there = source.runs.loc[source.runs["state"] == State.DONE, "group_id"].nunique()
    which = counted(there, "configuration")
    which = f"the best {_TOP} of {which}" if there > _TOP else which
    yield FIGURE.entry(f"Validation accuracy after every epoch of {which}.")


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
