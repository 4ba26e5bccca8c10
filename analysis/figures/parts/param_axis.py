"""The axis of a param: numbers on a scale, other values as categories."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from analysis.data.groups import is_number
from analysis.data.labels import in_order, legend_label
from analysis.figures.parts.ticks import number_axis
from analysis.text.typeset import as_text

Places = Callable[["pd.Series[Any]"], NDArray[np.float64]]

_LETTERS = 9  # of a category that is not slanted
_NUMBERS = 4  # from so many different numbers on, a param has a scale instead of categories
_SPREAD = 0.3  # of the points of a category
# Two irrational steps, so that points of one place lie beside each other in the plane, too
# (M. Roberts, "The unreasonable effectiveness of quasirandom sequences", 2018).
_TURNS = {"x": 0.7548776662, "y": 0.5698402910}


def has_scale(column: pd.Series[Any]) -> bool:
    """Whether the values of a param are numbers on a scale rather than categories."""
    return is_number(column) and column.nunique() >= _NUMBERS


def param_axis(
    axes: Axes, which: str, values: pd.Series[Any], *, log: bool, most: int = 4
) -> Places:
    """Make the x or y axis that of a param; gives the places of its values there.

    Points of one category lie beside each other, so that none hides another.

    Args:
        axes: Of which.
        which: `x` or `y`.
        values: All of the param, which the axis holds.
        log: Whether numbers stand on a logarithmic scale.
        most: Number of ticks of numbers.
    """
    if has_scale(values):
        return number_places(axes, which, values, log=log, most=most)
    names = in_order(values)
    number = {name: at for at, name in enumerate(names)}
    _categories(axes, which, [legend_label(str(values.name), name) for name in names])

    def places(column: pd.Series[Any]) -> NDArray[np.float64]:
        aside = (np.arange(len(column)) * _TURNS[which]) % 1 - 0.5
        at = np.array([number[as_text(value)] for value in column], dtype=np.float64)
        return at + _SPREAD * aside

    return places


def number_places(
    axes: Axes, which: str, values: pd.Series[Any], *, log: bool, most: int = 4
) -> Places:
    """As `param_axis`, of numbers that stand on a scale however few they are."""
    number_axis(axes, which, values.dropna().astype("float64"), log=log, most=most)
    return lambda column: column.to_numpy(dtype=np.float64)


def whole_numbers(axes: Axes, which: str) -> None:
    """Only whole numbers on an axis that counts."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def _categories(axes: Axes, which: str, names: Sequence[str]) -> None:
    axes.set(**{f"{which}ticks": range(len(names)), f"{which}ticklabels": names})
    axes.set(**{f"{which}lim": (-0.5, len(names) - 0.5)})
    if which == "x" and max(map(len, names)) > _LETTERS * 3 // max(3, len(names)):
        for label in axes.get_xticklabels():
            label.set(rotation=30, horizontalalignment="right", rotation_mode="anchor")
