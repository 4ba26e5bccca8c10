"""The way of one image through a network: pixels, spikes, readout, probabilities."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.data.activity import ImageActivity
from analysis.data.groups import spiking
from analysis.figures.networks.chosen import spiking_run
from analysis.figures.networks.rasters import draw_inputs, draw_spikes, layer_title, what
from analysis.figures.parts.declaration import FigureKind, InReport, Options, Source
from analysis.figures.parts.layout import head
from analysis.figures.parts.style import GREY, LOOKS, SMALL, Look, styled

_NAMED = 3  # classes at the ends of their lines
_APART = 0.1  # of the axis: names that are nearer than that would touch
_PREDICTED, _TRUE = LOOKS[0], LOOKS[5]


def pipeline(activity: ImageActivity) -> Figure:
    """One panel per stage: the image, its input, the hidden layers, the readout, the probabilities.

    The predicted class is blue and solid, another true class red and dashed.
    """
    widths = [1.3, 2.0, *([2.0] * len(activity.layers)), 2.0, 1.3]
    with styled():
        figure = Figure(figsize=(sum(widths) + 0.6, 2.9))
        panels = figure.subplots(1, len(widths), width_ratios=widths)
        _draw_image(panels[0], activity)
        draw_inputs(panels[1], activity)
        for number, (axes, layer) in enumerate(
            zip(panels[2:], activity.layers, strict=False), start=1
        ):
            draw_spikes(axes, layer.spikes, activity)
            axes.set_ylabel("neuron")
            axes.set_title(layer_title(activity, number, layer))
        _draw_readout(panels[-2], activity)
        _draw_probabilities(panels[-1], activity)
        for axes in panels[1 if activity.drive is None else 2 : -1]:
            axes.set_xlabel("Time (ms)")
            axes.set_xlim(-activity.dt_ms, activity.times_ms[-1] + activity.dt_ms)
        for axes in panels:
            axes.set_title(axes.get_title(loc="left").replace(": ", ":\n"), fontsize=8)
        steps, one = len(activity.readout), "sample" if _is_recorded(activity) else "image"
        notes = [f"one {one}, {steps} steps of {activity.dt_ms:g} ms"]
        head(figure, what(activity), notes)
    return figure


def _is_recorded(activity: ImageActivity) -> bool:
    """Whether the sample was recorded as events, and is no image."""
    return activity.encoding == "events"


def _draw_image(axes: Axes, activity: ImageActivity) -> None:
    axes.imshow(activity.image, cmap="gray", vmin=0, vmax=255)
    axes.set_axis_off()
    shown = "events" if _is_recorded(activity) else "pixels"
    axes.set_title(f"{shown}: " + " × ".join(str(size) for size in activity.image.shape))


def _draw_readout(axes: Axes, activity: ImageActivity) -> None:
    for number, trace in enumerate(activity.readout.T):
        look = _look(activity, number)
        axes.plot(
            activity.times_ms,
            trace,
            color=look.colour if look else "#BBBBBB",
            linestyle="--" if look is _TRUE else "-",
            linewidth=1.6 if look else 0.7,
            zorder=3 if look else 2,
        )
    _name_ends(axes, activity)
    axes.set_title(f"readout: one line per class, {activity.readout.shape[1]} in all")
    axes.grid(visible=False)


def _name_ends(axes: Axes, activity: ImageActivity) -> None:
    """The names of the classes at the ends of their lines: the likeliest ones, and the true one."""
    ends = activity.readout[-1]
    likeliest = np.argsort(-activity.probabilities, kind="stable")[:_NAMED].tolist()
    wanted = [activity.predicted, *([] if activity.label is None else [activity.label]), *likeliest]
    low, high = axes.get_ylim()
    named: list[int] = []
    for number in dict.fromkeys(wanted):
        if all(abs(ends[number] - ends[other]) > _APART * (high - low) for other in named):
            named.append(number)
            look = _look(activity, number)
            axes.annotate(
                activity.class_names[number],
                (activity.times_ms[-1], ends[number]),
                (4, 0),
                textcoords="offset points",
                verticalalignment="center",
                fontsize=SMALL,
                color=look.colour if look else GREY,
                annotation_clip=False,
            )


def _draw_probabilities(axes: Axes, activity: ImageActivity) -> None:
    names, percent = activity.class_names, activity.probabilities * 100
    looks = [_look(activity, number) for number in range(len(names))]
    axes.barh(
        range(len(names)),
        percent,
        height=0.7,
        color=[look.colour if look else "#BBBBBB" for look in looks],
    )
    marks = ["  ← true" if number == activity.label else "" for number in range(len(names))]
    for place, (value, mark) in enumerate(zip(percent, marks, strict=True)):
        text = f"{value:.0f}{mark}" if value >= 0.5 or mark else ""
        axes.annotate(
            text,
            (value, place),
            (2, 0),
            textcoords="offset points",
            verticalalignment="center",
            fontsize=SMALL,
            color=GREY,
        )
    axes.set_yticks(range(len(names)), names, fontsize=SMALL)
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.set_xlim(0, max(100.0, float(np.max(percent))) * 1.35)
    axes.set_xticks([0, 50, 100])
    axes.grid(visible=False)
    axes.set_xlabel("%")
    axes.set_title("probabilities: of the classes")


def _look(activity: ImageActivity, number: int) -> Look | None:
    if number == activity.predicted:
        return _PREDICTED
    return _TRUE if number == activity.label else None


def _from(source: Source, options: Options) -> Figure:
    return pipeline(source.activity(spiking_run(source, options)))


def _in_report(source: Source) -> Iterable[InReport]:
    if not spiking(source.runs).empty:
        text = "the way of the first test image through the best spiking network."
        yield FIGURE.entry(text)


FIGURE = FigureKind(
    name="pipeline",
    title="the way of the first test image through the best spiking network",
    draw=_from,
    metric="",
    of_leader=True,
    in_report=_in_report,
    section="leaders",
)
