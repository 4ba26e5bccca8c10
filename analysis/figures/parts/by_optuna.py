"""Makes figures of ours from axes that Optuna has drawn: size, layout, colours, legend, labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, NullFormatter

from analysis.figures.parts.layout import fit_legend
from analysis.figures.parts.style import LOOKS, SCALE, SMALL


def adopt(drawn: Any, width: float, height: float) -> Figure:
    """The figure of axes that Optuna has drawn, in our layout and size, without its title."""
    axes: Axes = np.ravel(drawn)[0]
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    figure.set_layout_engine("constrained")
    figure.set_size_inches(width, height)
    figure.suptitle("")
    for panel in figure.axes:
        panel.set_title("")
    return figure


def small_labels(panel: Axes) -> None:
    """Small labels; names of categories without the quotes that Optuna puts around them."""
    if panel.xaxis.have_units():
        texts = [text.get_text().strip("'") for text in panel.get_xticklabels()]
        panel.set_xticks(panel.get_xticks(), texts)
    panel.tick_params(labelsize=SMALL, which="both")
    for axis in (panel.xaxis, panel.yaxis):
        axis.label.set_fontsize(SMALL)
        if axis.get_scale() == "log":
            axis.set_major_formatter(lambda value, _: f"{value:g}")
            axis.set_minor_formatter(NullFormatter())


def for_all_eyes(panel: Axes) -> None:
    """Colours that all can tell apart, for what has a scale of colours."""
    for drawn in panel.collections:
        if drawn.get_array() is not None:
            drawn.set_cmap(SCALE)


def whole_numbers(axis: Axis) -> None:
    """Only whole numbers on an axis that counts."""
    axis.set_major_locator(MaxNLocator(integer=True))


def recolour(axes: Axes) -> None:
    """Points and the line in the colours of our figures."""
    for drawn in axes.collections:
        drawn.set_color(LOOKS[0].colour)
    for line in axes.lines:
        line.set_color(LOOKS[1].colour)


def restyled_bars(axes: Axes) -> list[str]:
    """Tell the bars of each entry of the legend apart without colour, too; returns the entries."""
    legend = axes.get_legend()
    if legend is None:
        return []
    handles = [one for one in legend.legend_handles if isinstance(one, Patch)]
    theirs = {one.get_facecolor(): look for one, look in zip(handles, LOOKS, strict=False)}
    for drawn in [*axes.patches, *handles]:
        look = theirs[drawn.get_facecolor()]
        drawn.set(facecolor=look.colour, hatch=look.hatch, linewidth=0)
    return [text.get_text() for text in legend.get_texts()]


def legend_beside(
    figure: Figure, axes: Axes, labels: Sequence[str], title: str | None = None
) -> None:
    """Move the legend of the axes beside them, with our words; without any, remove it."""
    handles, _ = axes.get_legend_handles_labels()
    legend = axes.get_legend()
    if legend is not None:
        handles = handles or [one for one in legend.legend_handles if one is not None]
        legend.remove()
    if labels:
        width = figure.get_figwidth()
        figure.legend(handles, labels, loc="outside right upper", title=title)
        fit_legend(figure, width)
