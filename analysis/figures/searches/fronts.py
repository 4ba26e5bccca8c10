"""What kinds of networks reach at the same cost, see `analysis.stats.compare.fronts`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.data.labels import metric_label
from analysis.figures.parts.layout import axis_label, fit_legend, head, scale_of
from analysis.figures.parts.style import ERROR_BAR, Look, looks, styled
from analysis.figures.parts.ticks import round_axis
from analysis.stats.compare.fronts import COST, reached
from analysis.stats.intervals import half_width

_INCHES = 5.2
_PLACES = 200  # of a step line
_DODGE = 1.015  # times: so that intervals at the same cost are told apart


def fronts(
    kinds: Mapping[str, pd.DataFrame],
    at_most: Sequence[float],
    metric: str = "test_accuracy",
    cost: str = COST,
) -> Figure:
    """A thin step line for each search, and means over the searches of a kind with 95 % intervals.

    >>> names = {"spiking": "best/efficient-mnist", "MLP": "best/efficient-mlp-mnist"}
    >>> kinds = {kind: load_runs([committed(name)]) for kind, name in names.items()}
    >>> figure = fronts(kinds, [1_000, 2_000, 5_000])

    Args:
        kinds: The runs of the searches of each kind by its name.
        at_most: Costs at which the kinds are compared; the axis ends with them.
        metric: Column of the runs.
        cost: Column of the runs.

    Raises:
        AnalysisError: As of `reached`.
    """
    bounds = sorted(at_most)
    with styled():
        figure = Figure(figsize=(_INCHES, 3.6))
        axes = figure.subplots()
        for number, (kind, look) in enumerate(looks([*kinds], "kind").items()):
            beside = _DODGE ** (2 * number - len(kinds) + 1)
            label = f"{kind} ({kinds[kind]['sweep'].nunique()} searches)"
            _draw(axes, kinds[kind], bounds, metric, cost, look, label, beside)
        round_axis(axes, "x", bounds[0], bounds[-1], log=True)
        axes.set_xlabel(f"{metric_label(cost)}, at most")
        axes.set_ylabel(axis_label(metric))
        axes.grid(visible=True, axis="both")
        figure.legend(loc="outside right upper")
        fit_legend(figure, _INCHES)
        notes = [
            "thin lines: a search each, the network that validation chooses for at most that cost",
            "points: means over searches, error bars: 95 % t interval",
        ]
        head(figure, [f"{metric_label(metric)} at equal cost"], notes)
    return figure


def _draw(
    axes: Axes,
    runs: pd.DataFrame,
    bounds: Sequence[float],
    metric: str,
    cost: str,
    look: Look,
    label: str,
    beside: float,
) -> None:
    """One kind; `beside` is by how much its points are moved, as a factor of the cost."""
    places = np.geomspace(bounds[0], bounds[-1], _PLACES).tolist()
    for values in scale_of(metric) * reached(runs, places, metric, cost).to_numpy():
        axes.plot(
            places,
            values,
            drawstyle="steps-post",
            color=look.colour,
            ls=look.line,
            lw=0.6,
            alpha=0.6,
        )
    found = reached(runs, bounds, metric, cost)
    mean, half = found.mean(), half_width(found.std(ddof=1), found.count())
    most = 1.0 if metric.endswith("accuracy") else np.inf
    axes.errorbar(
        np.asarray(bounds) * beside,
        scale_of(metric) * mean,
        yerr=scale_of(metric) * np.stack([np.minimum(half, mean), np.minimum(half, most - mean)]),
        linestyle="none",
        marker=look.marker,
        color=look.colour,
        label=label,
        **ERROR_BAR,
    )
