"""What a search for two metrics has gained; drawn by Optuna."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from analysis.data.groups import CHOSEN_BY, COSTS
from analysis.data.labels import metric_label
from analysis.errors import AnalysisError
from analysis.figures.parts.by_optuna import (
    adopt,
    whole_numbers,
)
from analysis.figures.parts.declaration import FigureKind, Options, Source
from analysis.figures.parts.studies import study_of_two
from analysis.figures.parts.style import LOOKS, styled
from analysis.figures.searches.search import ORDER, Search
from analysis.store.optuna_internals import plain_plots


def hypervolume(source: Source, options: Options) -> Figure:
    """How much of the box from the worst to the best of two metrics is dominated."""
    from optuna.visualization.matplotlib import plot_hypervolume_history

    if options.metric == CHOSEN_BY:
        raise AnalysisError(
            f"hypervolume: needs a second metric beside {CHOSEN_BY}, such as --metric "
            "best_synops_per_inference"
        )
    search = Search(source.runs, options.metric)
    means = search.groups[[f"{CHOSEN_BY}_mean", f"{options.metric}_mean"]]
    low, high = means.min(), means.max()
    if (low == high).any():
        raise AnalysisError("hypervolume: one of the metrics is the same for all configurations")
    places = (means - low) / (high - low)
    places.columns = [CHOSEN_BY, options.metric]
    places[CHOSEN_BY] *= 100
    worst = [0.0, 1.0 if options.metric in COSTS else 0.0]
    with styled(), plain_plots():
        axes = plot_hypervolume_history(study_of_two(places), worst)
        figure = adopt(axes, 5.2, 3.4)
        for line in axes.lines:
            line.set(color=LOOKS[0].colour, drawstyle="steps-post", marker="")
            line.set_xdata(np.asarray(line.get_xdata()) + 1)  # Optuna counts from 0
        axes.relim()
        axes.autoscale_view()
        axes.set_xlabel(ORDER)
        axes.set_ylabel("Hypervolume (%)")
        whole_numbers(axes.xaxis)
        second = metric_label(options.metric).lower()
        title = f"{metric_label(CHOSEN_BY)} and {second}"
        return search.finish(figure, ["100 %: the best of both in one configuration"], title)


FIGURE = FigureKind(
    name="hypervolume",
    title="what validation accuracy and a second metric have gained together",
    draw=hypervolume,
    metric="best_synops_per_inference",
)
