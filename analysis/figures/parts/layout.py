"""What all figures share: which runs they show, their heads, notes and axes.

A figure has a title that says what is measured and what is constant, and a note at its foot that
says how many, what bars and bands are, and what is not shown.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axis import Axis
from matplotlib.figure import Figure

from analysis.data.labels import metric_label
from analysis.figures.parts.style import GREY, NOTE, names_as_they_are
from analysis.stats.intervals import half_width

PAGE_INCHES = 12.0
"""No figure is wider."""

_NO_BREAK = "\u00a0"
_NEAR = 3.0  # percentage points, within which values have two decimals
_KEY_LETTERS = 38  # in a line of the legend
_TITLE_INCHES, _NOTE_INCHES = 0.082, 0.055  # width of a letter


def seeds(n: pd.Series[int]) -> str:
    """`1 seed`, `3 seeds`, `2 to 3 seeds`."""
    fewest, most = int(n.min()), int(n.max())
    many = f"{fewest} to {most}" if fewest < most else str(most)
    return f"{many} seed{'' if most == 1 else 's'}"


def each(n: pd.Series[int]) -> str:
    """What configurations stand for: `one seed each`, `each the mean over 3 seeds`."""
    if (n == 1).all():
        return _one_seed(n)
    return f"each the mean over {seeds(n)}" if len(n) > 1 else f"mean over {seeds(n)}"


def _one_seed(n: pd.Series[int]) -> str:
    return "one seed each" if len(n) > 1 else "one seed"


def estimates(groups: pd.DataFrame, metric: str) -> pd.DataFrame:
    """`mean` over seeds with `low` and `high` of its 95 % t interval (NaN for one seed), as drawn.

    Of two seeds they are the two values: an interval of two is wider than any difference. No
    accuracy is under 0 or over 100 %, whatever the t distribution says.
    """
    mean = groups[f"{metric}_mean"] * scale_of(metric)
    half = half_width(groups[f"{metric}_std"], groups["n"]) * scale_of(metric)
    of_two = groups[f"{metric}_std"] / 2**0.5 * scale_of(metric)
    half = half.where(groups["n"] != 2, of_two)
    ends = pd.DataFrame({"mean": mean, "low": mean - half, "high": mean + half})
    return ends.clip(0, 100) if scale_of(metric) == 100 else ends


def statistics(groups: pd.DataFrame) -> str:
    """What the estimates are, in words."""
    if (groups["n"] == 1).all():
        return _one_seed(groups["n"])
    there = set(groups["n"])
    if there == {2}:
        return "mean of two seeds, whose values are the ends of the bar"
    bars = ["95 % t interval"] if max(there) > 2 else []
    bars += ["the two values of two seeds"] if 2 in there else []
    bars += ["none for a single seed"] if 1 in there else []
    return f"mean over {seeds(groups['n'])}, error bars: {', '.join(bars)}"


def scale_of(metric: str) -> int:
    """Accuracies are shown in percent."""
    return 100 if metric.endswith("accuracy") else 1


def axis_label(metric: str) -> str:
    """What is measured, with its unit."""
    return f"{metric_label(metric)} (%)" if scale_of(metric) == 100 else metric_label(metric)


def value_text(value: float, scale: int, span: float = np.inf) -> str:
    """A value in few digits: `96.2`, `0.153`, `12,345`; one more where all are within the span."""
    if scale == 100:
        return f"{value:.{1 if span > _NEAR else 2}f}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def thousands(axis: Axis) -> None:
    """Write large numbers as 10,000."""
    axis.set_major_formatter(lambda value, _: value_text(value, 1))


def head(figure: Figure, title: Sequence[str], notes: Sequence[str]) -> None:
    """The title above all axes, beside the legend, and the notes below them."""
    width = figure.get_figwidth() - 0.2
    unbroken = ", ".join(title).replace(" ", _NO_BREAK).replace(f",{_NO_BREAK}", ", ")
    above = textwrap.fill(unbroken, int((width - _legend_inches(figure)) / _TITLE_INCHES))
    below = textwrap.fill("; ".join(filter(None, notes)), int(width / _NOTE_INCHES))
    figure.suptitle(above, x=0.01, horizontalalignment="left", fontsize=11)
    figure.supxlabel(below, x=0.01, horizontalalignment="left", fontsize=NOTE, color=GREY)


def fit_legend(figure: Figure, inches: float) -> None:
    """Make the figure so wide that the legend beside it leaves so much for the axes.

    Long entries are broken: both fit a page.
    """
    for legend in figure.legends:
        for text in legend.get_texts():
            lines = (textwrap.fill(line, _KEY_LETTERS) for line in text.get_text().split("\n"))
            text.set_text("\n".join(lines))
    figure.set_figwidth(min(inches + _legend_inches(figure), PAGE_INCHES))


def _legend_inches(figure: Figure) -> float:
    widths = [0.0]
    for legend in figure.legends:
        with names_as_they_are(legend):
            widths.append(legend.get_window_extent().width)
    return max(widths) / figure.dpi
