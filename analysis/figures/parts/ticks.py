"""Ticks of numbers: few, round, written without mathematics, also on a logarithmic axis."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from analysis.text.typeset import as_number

_MOST = 5
_NEAR = 0.08  # of an axis: labels that are nearer than that would touch


def number_text(value: float) -> str:
    """A number in few signs: `0.0003`, `1e-7`, `12,345`, `−3`."""
    text = as_number(abs(value)).replace("e-0", "e-").replace("e+0", "e")
    return f"−{text}" if value < 0 else text


def round_ticks(low: float, high: float, *, log: bool = False, most: int = _MOST) -> list[float]:
    """Round numbers from `low` to `high`: powers of ten, or with 2 and 5 of them, where `log`."""
    if low == high:
        return [low]
    if not log:
        steps = MaxNLocator(nbins=most, steps=[1, 2, 5, 10]).tick_values(low, high)
        return [float(tick) for tick in steps if low - 1e-12 <= tick <= high + 1e-12]
    tens = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for parts in ((1,), (1, 3), (1, 2, 5)):
        marks = np.sort(np.outer(tens, parts).ravel())
        inner = [float(mark) for mark in marks if low * 0.999 <= mark <= high * 1.001]
        if len(inner) >= 3:
            return inner[:: -(-len(inner) // most)]
    return round_ticks(low, high, most=3)


def round_axis(
    axes: Axes, which: str, low: float, high: float, *, log: bool, most: int = 5
) -> None:
    """Round ticks on the x or y axis over data from `low` to `high`, with some room at the ends."""
    axis: Axis = axes.xaxis if which == "x" else axes.yaxis
    if log:
        axes.set(**{f"{which}scale": "log"})
        room = (high / low) ** 0.06 if high > low else 1.5
        axes.set(**{f"{which}lim": (low / room, high * room)})
    elif high > low:
        room = (high - low) * 0.06
        axes.set(**{f"{which}lim": (low - room, high + room)})
    set_ticks(axis, round_ticks(low, high, log=log, most=most))


def number_axis(
    axes: Axes, which: str, values: pd.Series[float], *, log: bool, most: int = 5
) -> None:
    """The x or y axis of these numbers: few different ones are its ticks, or else round ones."""
    different = sorted({float(value) for value in values})
    low, high = different[0], different[-1]
    round_axis(axes, which, low, high, log=log, most=most)
    if len(different) <= most + 2:
        axis = axes.xaxis if which == "x" else axes.yaxis
        set_ticks(axis, far_enough(different, low, high, log=log))


def set_ticks(axis: Axis, places: list[float]) -> None:
    """Just these ticks, as numbers."""
    axis.set_major_locator(FixedLocator(places))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(lambda value, _: number_text(value))


def far_enough(places: list[float], low: float, high: float, *, log: bool) -> list[float]:
    """Those of the sorted places on an axis from `low` to `high` whose labels do not touch."""
    scale = np.log if log else np.asarray
    kept: list[float] = []
    for place in places:
        if not kept or scale(place) - scale(kept[-1]) >= _NEAR * (scale(high) - scale(low)):
            kept.append(place)
    return kept
