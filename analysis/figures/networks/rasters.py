"""Spikes and membranes of a network that sees one image."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from analysis.data.activity import ImageActivity, LayerActivity
from analysis.figures.networks.chosen import spiking_run
from analysis.figures.parts.declaration import FigureKind, Options, Source
from analysis.figures.parts.layout import head
from analysis.figures.parts.style import LOOKS, SCALE, SMALL, styled

_DOTS, _DOT_POINTS = 60.0, (0.6, 2.0)  # the more spikes, the smaller the dots
_LINE, _THRESHOLD = LOOKS[0], LOOKS[5]
_UNIT = "white = 1"  # currents are grey levels, before the weights: not in units of the threshold


def raster(activity: ImageActivity, *, traces: int = 3) -> Figure:
    """Input spikes, the spikes of every hidden layer, and the membranes of its busiest neurons.

    Args:
        activity: A network and its image.
        traces: Number of membranes of the last hidden layer.
    """
    last = activity.layers[-1]
    busiest = np.argsort(-last.spikes.sum(axis=0), kind="stable")[:traces]
    rows = 1 + len(activity.layers) + len(busiest)
    heights = [1.6, *([1.6] * len(activity.layers)), *([0.9] * len(busiest))]
    with styled():
        figure = Figure(figsize=(6.5, 1.0 + sum(heights) * 0.85))
        panels = figure.subplots(rows, 1, height_ratios=heights)
        over_time = panels if activity.drive is None else panels[1:]
        for axes in over_time[:-1]:
            axes.sharex(over_time[-1])
            axes.tick_params(labelbottom=False)
        draw_inputs(panels[0], activity)
        for number, (axes, layer) in enumerate(
            zip(panels[1:], activity.layers, strict=False), start=1
        ):
            draw_spikes(axes, layer.spikes, activity)
            axes.set_ylabel("neuron")
            axes.set_title(layer_title(activity, number, layer))
        for axes, neuron in zip(panels[1 + len(activity.layers) :], busiest, strict=True):
            _draw_membrane(axes, activity, last, int(neuron))
        panels[-1].set_xlabel("Time (ms)")
        panels[-1].set_xlim(-activity.dt_ms, activity.times_ms[-1] + activity.dt_ms)
        figure.legend(
            *panels[-1].get_legend_handles_labels(),
            loc="outside upper right",
            ncols=3,
            fontsize=SMALL,
        )
        which = "last hidden layer" if len(activity.layers) > 1 else "hidden layer"
        notes = [f"membranes: the {len(busiest)} busiest neurons of the {which}"]
        head(figure, ["Spikes and membranes", *what(activity)], notes)
    return figure


def what(activity: ImageActivity) -> list[str]:
    """The image, its class and what the network takes it for."""
    name = activity.class_names[activity.predicted]
    found = f"predicted {name} ({100 * activity.probabilities[activity.predicted]:.1f} %)"
    if activity.label is None:
        return [activity.name, found]
    return [activity.name, f"true class {activity.class_names[activity.label]}", found]


def layer_title(activity: ImageActivity, number: int, layer: LayerActivity) -> str:
    """`hidden layer 2: 64 neurons, 310 spikes`."""
    which = f"hidden layer {number}" if len(activity.layers) > 1 else "hidden layer"
    return f"{which}: {layer.spikes.shape[1]} neurons, {layer.spikes.sum():,} spikes"


def draw_inputs(axes: Axes, activity: ImageActivity) -> None:
    """The spikes of the inputs; or their currents as shades, and that of a single one as a line.

    Currents that stay the same are the picture that the network sees.
    """
    n_inputs = activity.inputs.shape[1]
    one = "pixel" if n_inputs == activity.image.size else "input"
    inputs = f"{activity.encoding} code: {n_inputs} {one}{'s' if n_inputs > 1 else ''}"
    if activity.drive is not None:
        shown = axes.imshow(activity.drive, cmap=SCALE, interpolation="nearest")
        axes.set_anchor("W")
        axes.set_axis_off()
        bar = axes.figure.colorbar(shown, cax=axes.inset_axes((1.06, 0, 0.06, 1)), label="current")
        bar.ax.tick_params(labelsize=SMALL)
        axes.set_title(f"{inputs}, the same current at every step: {_UNIT}")
        return
    axes.set_ylabel(one)
    if activity.has_input_spikes:
        spikes = activity.inputs > 0
        draw_spikes(axes, spikes, activity)
        axes.set_title(f"{inputs}, {spikes.sum():,} spikes")
        return
    if n_inputs == 1:
        axes.step(activity.times_ms, activity.inputs[:, 0], where="mid", color="#000000", lw=0.7)
        axes.set_ylabel(f"current ({_UNIT})")
        axes.set_title(f"{inputs}, a current over time")
        return
    half = activity.dt_ms / 2
    axes.imshow(
        activity.inputs.T,
        aspect="auto",
        origin="lower",
        cmap=SCALE,
        interpolation="nearest",
        extent=(-half, activity.times_ms[-1] + half, -0.5, n_inputs - 0.5),
    )
    axes.grid(visible=False)
    axes.set_title(f"{inputs}, currents and no spikes: {_UNIT}")


def draw_spikes(axes: Axes, spikes: NDArray[np.bool_], activity: ImageActivity) -> None:
    """A dot per spike, the first neuron at the bottom."""
    step, neuron = np.nonzero(spikes)
    axes.plot(
        step * activity.dt_ms,
        neuron,
        linestyle="none",
        marker="o",
        markersize=np.clip(_DOTS / np.sqrt(max(1, len(step))), *_DOT_POINTS),
        markeredgewidth=0,
        color="#000000",
    )
    axes.set_ylim(-0.9, spikes.shape[1] - 0.1)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    axes.grid(visible=False)


def _draw_membrane(axes: Axes, activity: ImageActivity, layer: LayerActivity, neuron: int) -> None:
    potentials, times = layer.potentials[:, neuron], activity.times_ms
    fired = layer.spikes[:, neuron]
    axes.plot(times, potentials, color=_LINE.colour, linewidth=1.0, label="membrane")
    axes.plot(
        times,
        layer.thresholds[:, neuron],
        color=_THRESHOLD.colour,
        linestyle="--",
        linewidth=1.0,
        label="threshold",
    )
    axes.plot(
        times[fired],
        potentials[fired],
        linestyle="none",
        marker="^",
        markersize=4,
        color="#000000",
        label="spike",
    )
    axes.margins(y=0.2)
    axes.set_title(f"neuron {neuron}: {fired.sum()} spikes")


def _from(source: Source, options: Options) -> Figure:
    return raster(source.activity(spiking_run(source, options)))


FIGURE = FigureKind(
    name="raster",
    title="spikes and membranes of the best spiking network that sees the first test image",
    draw=_from,
    metric="",
    of_leader=True,
)
