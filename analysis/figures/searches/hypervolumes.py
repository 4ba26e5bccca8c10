"""What a search for two metrics has gained."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.data.groups import CHOSEN_BY, COSTS
from analysis.data.labels import metric_label
from analysis.errors import AnalysisError
from analysis.figures.parts.declaration import FigureKind, Options, Source
from analysis.figures.parts.param_axis import whole_numbers
from analysis.figures.parts.style import LOOKS, styled
from analysis.figures.searches.search import ORDER, Search


def hypervolume(source: Source, options: Options) -> Figure:
    """How much of the box from the worst to the best of two metrics is dominated."""
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
    gained = ((means - low) / (high - low)).to_numpy(dtype=np.float64)
    if options.metric in COSTS:
        gained[:, 1] = 1 - gained[:, 1]
    volumes = [100 * _dominated(gained[:n]) for n in range(1, len(gained) + 1)]
    with styled():
        figure = Figure(figsize=(5.2, 3.4))
        axes = figure.subplots()
        places = np.arange(1, len(volumes) + 1)
        axes.plot(places, volumes, color=LOOKS[0].colour, drawstyle="steps-post")
        axes.set_xlabel(ORDER)
        axes.set_ylabel("Hypervolume (%)")
        whole_numbers(axes, "x")
        second = metric_label(options.metric).lower()
        title = f"{metric_label(CHOSEN_BY)} and {second}"
        return search.finish(figure, ["100 %: the best of both in one configuration"], title)


def _dominated(points: NDArray[np.float64]) -> float:
    """The area that points (N, 2) dominate, each the rectangle from the origin to it."""
    area, height = 0.0, 0.0
    for x, y in points[np.argsort(-points[:, 0], kind="stable")]:  # from the right: a staircase
        area += x * max(0.0, y - height)
        height = max(height, y)
    return area


FIGURE = FigureKind(
    name="hypervolume",
    title="what validation accuracy and a second metric have gained together",
    draw=hypervolume,
    metric="best_synops_per_inference",
)
