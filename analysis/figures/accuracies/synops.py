"""Accuracy against what an inference costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.data.energy import ADDITION, MULTIPLICATION
from analysis.data.groups import CHOSEN_BY, leader_numbers, measured_groups, param_names, varying
from analysis.data.labels import (
    FAMILY,
    configurations,
    constants,
    family,
    in_order,
    metric_label,
)
from analysis.figures.accuracies.baselines import by_kind, is_baseline
from analysis.figures.parts.declaration import FigureKind, InReport, Options, Source
from analysis.figures.parts.framing import frame_lone
from analysis.figures.parts.layout import axis_label, each, fit_legend, head, scale_of, value_text
from analysis.figures.parts.panels import panels
from analysis.figures.parts.style import GREY, SMALL, looks, styled
from analysis.figures.parts.ticks import round_axis
from analysis.records import ENERGY, MAX, MIN, UNITS
from analysis.stats.pareto import on_front, pareto_front
from analysis.text.plain import counted

COST = "best_synops_per_inference"
_NOT_PRICED = frozenset({COST})
"""Costs that count unlike operations alike, so that networks without spikes have no front."""

_PRICES = (
    f"energy: {ADDITION} pJ an addition, {MULTIPLICATION} pJ a multiplication (Horowitz 2014, 45 "
    "nm, 32-bit floats); without memory and neurons"
)
_BLACK = "#000000"  # of networks without spikes
_WHOLE = 100  # from here on, costs are told without decimals
_INCHES, _PANEL_INCHES = 5.2, 4.2  # without the legend; of one panel, of one of several
_LINE_INCHES = 0.15  # of the key
_CHOSEN_BY = f"{CHOSEN_BY}_mean"
_AIMS = {_CHOSEN_BY: MAX, "_x": MIN}  # of the fronts
_USEFUL = 0.5  # of the best validation accuracy, from which on a network is on the front
_MOST_NAMED = 8  # members of the front


def accuracy_by_synops(
    runs: pd.DataFrame, metric: str = "test_accuracy", cost: str = COST
) -> Figure:
    """A metric against what an inference costs, on a logarithmic axis.

    Points are configurations, means over seeds, by dynamics and recurrence. Data sets and presets
    have panels. The Pareto front is that of the spiking networks; validation, not the test, says
    who is on it, so the line, which shows the metric, is one of steps that may go down. Up to eight
    members, evenly along the fronts, are named by what differs among them, with their numbers among
    the leaders. The non-spiking baseline stands apart, that of black and white pixels from that of
    grey levels. It has fronts of its own where the costs can be compared: its synaptic operations
    are multiply-accumulates, so they cannot, but the energies can.

    >>> figure = accuracy_by_synops(load_runs([committed("published-fashion")]))

    Args:
        runs: As `load_runs` gives them.
        metric: Column of the runs.
        cost: Column of the runs: synaptic operations, or the energy of the operations.

    Raises:
        AnalysisError: no run is finished, or none has the metric or the cost.
    """
    groups, left_out = measured_groups(runs, metric, cost)
    points = _points(groups, metric, cost).assign(_number=pd.Series(leader_numbers(runs)))
    beside = panels(points)
    families = in_order(points.loc[~points["_is_baseline"], "_family"])
    with styled():
        width = _INCHES if len(beside) == 1 else _PANEL_INCHES * len(beside)
        figure = Figure(figsize=(width, 4.2))
        grid = figure.subplots(1, len(beside), squeeze=False)[0]
        key: list[Line2D] = []
        named = members_of_fronts = useless = 0
        for axes, (name, members) in zip(grid, beside.items(), strict=True):
            front = _front(members[~members["_is_baseline"]])
            chosen = _named(front, members, _MOST_NAMED // len(beside))
            _panel(axes, members, front, families, cost)
            texts = _texts(chosen, _shown(chosen, members), metric, cost)
            key += _number(axes, chosen, texts)
            named, members_of_fronts = named + len(chosen), members_of_fronts + len(front)
            useless += sum(map(_useless, _kinds(members, cost)))
            axes.set_title(name)
            axes.set_xlabel(metric_label(cost))
        grid[0].set_ylabel(axis_label(metric))
        marks: dict[str, Artist] = {}
        for axes in grid:
            handles, labels = axes.get_legend_handles_labels()
            marks = dict(zip(labels, handles, strict=True)) | marks
        figure.set_figheight(max(4.2, 0.8 + (len(marks) + 2 * named) * _LINE_INCHES))
        figure.legend(handles=[*marks.values(), *key], loc="outside right upper", fontsize=SMALL)
        fit_legend(figure, width)
        notes = [
            f"{counted(len(points), 'configuration')}, {each(groups['n'])}",
            "front by validation accuracy: the spiking networks that no other beats in it and in "
            f"cost; its line is the {metric_label(metric).lower()} of the one that validation "
            "chooses for at most that cost, which may fall",
            f"not on a front: {counted(useless, 'network')} that no other beats, below half of the "
            "best validation accuracy"
            if useless
            else "",
            *([] if cost in _NOT_PRICED else [_PRICES]),
            "numbered as spikesweep show counts the leaders"
            + f": {named} of the {members_of_fronts} on the front" * (named < members_of_fronts),
            *left_out,
        ]
        head(figure, [metric_label(metric), *constants(groups)], notes)
    return figure


def _panel(
    axes: Axes, points: pd.DataFrame, front: pd.DataFrame, families: list[str], cost: str
) -> None:
    """Points and fronts of one data set and preset."""
    spiking, baseline = points[~points["_is_baseline"]], points[points["_is_baseline"]]
    for name, look in looks(families, " × ".join(FAMILY)).items():
        mine = spiking[spiking["_family"] == name]
        _scatter(axes, mine, marker=look.marker, color=look.colour, label=name)
    _steps(axes, front, "-", GREY, "front, by validation")
    for kind, mine in by_kind(baseline):
        priced = cost not in _NOT_PRICED
        label = kind.label if priced else f"{kind.label}, {kind.counted}"
        _scatter(axes, mine, marker=kind.marker, color=_BLACK, label=label)
        if priced:
            _steps(axes, _front(mine), kind.line, _BLACK, kind.front)
    round_axis(axes, "x", points["_x"].min(), points["_x"].max(), log=True)
    frame_lone(axes, points["_y"])
    axes.grid(visible=True, axis="both")


def _steps(axes: Axes, front: pd.DataFrame, line: str, colour: str, label: str) -> None:
    x, y = front["_x"], front["_y"]
    axes.plot(x, y, line, drawstyle="steps-post", color=colour, lw=0.9, zorder=1, label=label)


def _shown(named: pd.DataFrame, points: pd.DataFrame) -> list[str]:
    """The params that may name the members of a front; of a single one, those that vary."""
    known = [name for name in param_names(points) if named[name].notna().any()]
    return varying(named, known) or varying(points, known)


def _front(points: pd.DataFrame) -> pd.DataFrame:
    """Those that no other beats in validation accuracy and cost, the cheapest first.

    A network that hardly fires costs least, so that no other beats it. One that has less than half
    of the best validation accuracy is no compromise that a reader looks for, and is not on it.
    """
    return pareto_front(points[_useful(points)], _AIMS).sort_values("_x")


def _useless(points: pd.DataFrame) -> int:
    """How many no other beats that are not on the front, as they have too little accuracy."""
    return int((on_front(points, _AIMS) & ~_useful(points)).sum())


def _useful(points: pd.DataFrame) -> pd.Series[bool]:
    useful: pd.Series[bool] = points[_CHOSEN_BY] >= _USEFUL * points[_CHOSEN_BY].max()
    return useful


def _kinds(points: pd.DataFrame, cost: str) -> Iterator[pd.DataFrame]:
    """The networks of each kind that has a front of its own."""
    yield points[~points["_is_baseline"]]
    if cost not in _NOT_PRICED:
        yield from (mine for _, mine in by_kind(points[points["_is_baseline"]]))


def _points(groups: pd.DataFrame, metric: str, cost: str) -> pd.DataFrame:
    """The configurations with their places and families."""
    rows: list[dict[Any, Any]] = groups.to_dict("records")
    return groups.assign(
        _x=groups[f"{cost}_mean"],
        _y=groups[f"{metric}_mean"] * scale_of(metric),
        _family=[family(row) for row in rows],
        _is_baseline=is_baseline(groups),
    )


def _scatter(axes: Axes, points: pd.DataFrame, *, marker: str, color: str, label: str) -> None:
    axes.plot(
        points["_x"],
        points["_y"],
        linestyle="none",
        marker=marker,
        color=color,
        markeredgecolor="#FFFFFF" if color != _BLACK else None,
        markeredgewidth=0.5 if color != _BLACK else 1.5,
        label=label,
    )


def _named(front: pd.DataFrame, points: pd.DataFrame, most: int) -> pd.DataFrame:
    """The members whose numbers have room: the cheapest, the best, and some between them.

    Args:
        front: The members.
        points: All that is drawn: the axes are as long as these need.
        most: How many of them.
    """
    if len(front) < 2:
        return front
    width = np.log(points["_x"].max() / points["_x"].min()) or 1.0
    height = (points["_y"].max() - points["_y"].min()) or 1.0
    along = np.hypot(np.log(front["_x"]).diff() / width, front["_y"].diff() / height).cumsum()
    along = along.fillna(0)
    wanted = np.linspace(0, along.iloc[-1], most)
    nearest = sorted({int((along - place).abs().to_numpy().argmin()) for place in wanted})
    kept: list[int] = []
    for at in nearest:
        if not kept or along.iloc[at] - along.iloc[kept[-1]] > 0.5 / most:
            kept.append(at)
    return front.iloc[kept]


def _texts(named: pd.DataFrame, shown: list[str], metric: str, cost: str) -> list[str]:
    """What each member is, and what it reaches at which cost."""
    unit = " %" if scale_of(metric) == 100 else ""
    price = f" {UNITS[cost]}" if cost in UNITS else ""
    texts = []
    rows: list[dict[Any, Any]] = named.to_dict("records")
    for row, name in zip(rows, configurations(named, shown), strict=True):
        value = value_text(row["_y"], scale_of(metric)) + unit
        number = f"{row['_x']:,.0f}" if row["_x"] >= _WHOLE else f"{row['_x']:.2g}"
        texts.append(f"{name}\n{value} at {number}{price}")
    return texts


def _number(axes: Axes, named: pd.DataFrame, texts: list[str]) -> list[Line2D]:
    """The number of the leader beside each member, and the key to the numbers."""
    key = []
    rows: list[dict[Any, Any]] = named.to_dict("records")
    for row, label in zip(rows, texts, strict=True):
        number = row["_number"]
        axes.annotate(
            str(number),
            (row["_x"], row["_y"]),
            (-3, 4),
            textcoords="offset points",
            horizontalalignment="right",
            fontsize=SMALL,
        )
        key.append(
            Line2D(
                [],
                [],
                linestyle="none",
                marker=f"${number}$",
                markersize=4.5 + 2 * len(str(number)),
                markeredgewidth=0,
                color="#000000",
                label=label,
            )
        )
    return key


def _from(source: Source, options: Options) -> Figure:
    return accuracy_by_synops(source.runs, options.metric)


def _in_report(source: Source) -> Iterable[InReport]:
    text = "Test accuracy against synaptic operations per image, with the Pareto front."
    yield FIGURE.entry(text)


def _priced(source: Source, options: Options) -> Figure:
    return accuracy_by_synops(source.runs, options.metric, ENERGY)


FIGURE = FigureKind(
    name="synops",
    title="accuracy against synaptic operations per inference, with the front of the networks that "
    "reach half of the best accuracy",
    draw=_from,
    in_report=_in_report,
)
FIGURES = (
    FIGURE,
    FigureKind(
        name="energy",
        title="accuracy against the energy of the operations, with the fronts of spiking networks "
        "and MLPs",
        draw=_priced,
    ),
)
