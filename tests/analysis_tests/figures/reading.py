"""What a reader sees in a figure."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

RunsOf = Callable[[list[dict[str, Any]]], pd.DataFrame]


def title(figure: Figure) -> str:
    return " ".join(figure.get_suptitle().split())


def note(figure: Figure) -> str:
    return " ".join(figure.get_supxlabel().split())


def legend(figure: Figure) -> list[str]:
    texts = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    return [text.replace("\u00a0", " ") for text in texts]


def containers(axes: Axes) -> list[BarContainer]:
    return [container for container in axes.containers if isinstance(container, BarContainer)]


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts if text.get_text()]


def ticks(axes: Axes, which: str) -> list[str]:
    labels = axes.get_xticklabels() if which == "x" else axes.get_yticklabels()
    return [label.get_text() for label in labels]


def labelled_lines(axes: Axes) -> dict[str, Line2D]:
    """The lines that a legend would name."""
    return {
        str(line.get_label()).replace("\u00a0", " "): line
        for line in axes.lines
        if not str(line.get_label()).startswith("_")
    }


def points(line: Line2D) -> list[tuple[float, float]]:
    x, y = (list(map(float, data)) for data in (line.get_xdata(), line.get_ydata()))  # type: ignore[arg-type]
    return list(zip(x, y, strict=True))


def all_texts(figure: Figure) -> Iterator[Text]:
    """Every text that is drawn."""
    for text in figure.findobj(Text):
        if isinstance(text, Text) and text.get_text().strip() and text.get_visible():
            yield text


def seen_texts(figure: Figure) -> list[Text]:
    """Every text that a reader sees: no tick beyond the end of its axis is drawn."""
    beyond: set[int] = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not low <= tick.get_loc() <= high:
                    beyond |= {id(tick.label1), id(tick.label2)}
    return [text for text in all_texts(figure) if id(text) not in beyond]


def overlapping(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of texts that lie on each other by more than a pixel."""
    figure.draw_without_rendering()
    boxes = [(text.get_text(), text.get_window_extent().padded(-1)) for text in seen_texts(figure)]
    return [
        (one, other)
        for (one, its), (other, theirs) in itertools.combinations(boxes, 2)
        if its.overlaps(theirs)
    ]


def without_colour(handle: Artist) -> tuple[object, ...]:
    """What is left of an entry of a legend in black and white."""
    if isinstance(handle, Line2D):
        hollow = str(handle.get_markerfacecolor()).upper() == "#FFFFFF"
        return ("line", handle.get_marker(), handle.get_linestyle(), hollow)
    if isinstance(handle, Patch):
        return ("patch", handle.get_hatch())
    return (type(handle).__name__,)
