"""When the runs of a search ran; drawn by Optuna."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.data.labels import constants
from analysis.errors import AnalysisError
from analysis.figures.parts.by_optuna import (
    adopt,
    legend_beside,
    restyled_bars,
)
from analysis.figures.parts.declaration import FigureKind, Options, Source
from analysis.figures.parts.layout import head
from analysis.figures.parts.studies import study_of_times
from analysis.figures.parts.style import styled
from analysis.records import State
from analysis.store.optuna_internals import plain_plots

_ENDED = {"COMPLETE": "done", "PRUNED": "pruned", "FAIL": "failed or interrupted"}


def timeline(source: Source, options: Options) -> Figure:
    """When every run ran, and how it ended."""
    from optuna.visualization.matplotlib import plot_timeline

    runs = source.runs.dropna(subset=["start", "duration_s"])
    runs = runs[runs["state"] != State.RUNNING].sort_values(["start", "run_id"], kind="stable")
    if runs.empty:
        raise AnalysisError("timeline: no run has ended")
    with styled(), plain_plots():
        axes = plot_timeline(study_of_times(runs))
        figure = adopt(axes, 5.2, 3.6)
        for label in axes.get_xticklabels():
            label.set(rotation=30, horizontalalignment="right")
        axes.set_xlabel("Time of the day (UTC)")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.yaxis.set_major_formatter(lambda place, _: f"{place + 1:.0f}")  # Optuna counts from 0
        axes.set_ylabel("Run, in the order of their begin")
        axes.grid(visible=False, axis="y")
        told = restyled_bars(axes)
        legend_beside(figure, axes, [_ENDED[name] for name in told])
        lacking = len(source.runs) - len(runs)
        first = runs["start"].iloc[0]
        notes = [
            f"{len(runs)} runs, the first of {first:%Y-%m-%d}",
            f"not shown: {lacking} without an end" if lacking else "",
        ]
        head(figure, ["When the runs ran", *constants(runs)], notes)
        return figure


FIGURE = FigureKind(
    name="timeline",
    title="when the runs ran, and how they ended",
    draw=timeline,
    metric="",
)
