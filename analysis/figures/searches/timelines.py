"""When the runs of a search ran."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib import dates as untyped
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from analysis.data.labels import constants
from analysis.errors import AnalysisError
from analysis.figures.parts.declaration import FigureKind, Options, Source
from analysis.figures.parts.layout import fit_legend, head
from analysis.figures.parts.param_axis import whole_numbers
from analysis.figures.parts.style import LOOKS, SMALL, Look, styled
from analysis.records import State
from analysis.text.plain import counted

dates: Any = untyped

_OTHER = "failed or interrupted"
_LOOKS = {State.DONE: LOOKS[0], State.PRUNED: LOOKS[1], _OTHER: LOOKS[5]}
_IDLE = 0.5  # of all the time in which something ran: so long a pause is left out
_MOST_PANELS = 4
_INCHES = 5.6
_NARROWEST = 0.3  # of a panel, in widths of the widest


def timeline(source: Source, options: Options) -> Figure:
    """When every run ran, and how it ended; long pauses are left out."""
    runs = source.runs.dropna(subset=["start", "duration_s"])
    runs = runs[runs["state"] != State.RUNNING].sort_values(["start", "run_id"], kind="stable")
    if runs.empty:
        raise AnalysisError("timeline: no run has ended")
    start = runs["start"].dt.tz_convert(None)
    drawn = pd.DataFrame(
        {
            "start": start,
            "end": start + pd.to_timedelta(runs["duration_s"], unit="s"),
            "ended": runs["state"].where(runs["state"].isin([State.DONE, State.PRUNED]), _OTHER),
            "number": range(1, len(runs) + 1),
        }
    )
    parts = [part for _, part in drawn.groupby(_parts(drawn))]
    spans = [(part["end"].max() - part["start"].min()).total_seconds() for part in parts]
    with styled():
        figure = Figure(figsize=(_INCHES, 3.6))
        widths = [max(span, _NARROWEST * max(spans), 1.0) for span in spans]
        grid = figure.subplots(1, len(parts), squeeze=False, sharey=True, width_ratios=widths)[0]
        for axes, part in zip(grid, parts, strict=True):
            _draw(axes, part, most=max(3, 6 // len(parts)))
        grid[0].set_ylabel("Runs, in the order in which they began")
        grid[0].set_ylim(0.2, len(runs) + 0.8)
        whole_numbers(grid[0], "y")
        figure.supxlabel("")
        _legend(figure, drawn)
        lacking = len(source.runs) - len(runs)
        notes = [
            f"{counted(len(runs), 'run')}, the first of {start.iloc[0]:%Y-%m-%d}; times in UTC",
            "pauses between the panels are left out" if len(parts) > 1 else "",
            f"not shown: {lacking} without an end" if lacking else "",
        ]
        head(figure, ["When the runs ran", *constants(runs)], notes)
        return figure


def _parts(runs: pd.DataFrame) -> pd.Series[int]:
    """The number of the part of each run: a new one begins after a long pause."""
    pause = (runs["start"] - runs["end"].cummax().shift()).dt.total_seconds().clip(lower=0)
    whole = (runs["end"].max() - runs["start"].min()).total_seconds()
    number: pd.Series[int] = (pause > _IDLE * (whole - pause.sum())).cumsum()
    return number if number.max() < _MOST_PANELS else number * 0


def _draw(axes: Axes, runs: pd.DataFrame, most: int) -> None:
    for ended, look in _LOOKS.items():
        mine = runs[runs["ended"] == ended]
        begin = dates.date2num(mine["start"])
        axes.barh(mine["number"], dates.date2num(mine["end"]) - begin, left=begin, **_bar(look))
    # With two ticks at least, Matplotlib has no interval for some spans, and warns.
    locator = dates.AutoDateLocator(minticks=1, maxticks=most)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
    axes.tick_params(axis="x", labelsize=SMALL)
    axes.xaxis.get_offset_text().set_fontsize(SMALL)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.margins(x=0.03)


def _bar(look: Look) -> dict[str, Any]:
    return {"color": look.colour, "hatch": look.hatch, "height": 0.8, "linewidth": 0}


def _legend(figure: Figure, runs: pd.DataFrame) -> None:
    there = {ended: look for ended, look in _LOOKS.items() if (runs["ended"] == ended).any()}
    handles = [Patch(facecolor=look.colour, hatch=look.hatch) for look in there.values()]
    figure.legend(handles, [*there], loc="outside right upper")
    fit_legend(figure, _INCHES)


FIGURE = FigureKind(
    name="timeline",
    title="when the runs ran, and how they ended",
    draw=timeline,
    metric="",
)
