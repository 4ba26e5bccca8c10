"""How far an axis goes where some of its points would press the others flat."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

_MARGIN = 0.05
_NO_SPREAD = 0.05  # of a value that stands alone


def frame_lone(axes: Axes, values: pd.Series[float]) -> None:
    """End the y axis near a value that stands alone: matplotlib would go beyond 100 % for 98 %."""
    if values.nunique() == 1:
        frame(axes, values, values)


def frame(axes: Axes, shown: pd.Series[float], others: pd.Series[float]) -> tuple[float, float]:
    """Fit the y axis to what is to be compared, and to others as far as it stays in sight.

    Others lengthen the axis by at most the spread of the former to each side.

    Args:
        axes: Where it is drawn.
        shown: What is to be compared; all of it is on the axis.
        others: What may be beyond it, such as the ends of intervals; missing ones count nothing.

    Returns:
        The lowest and the highest value that is on the axis.
    """
    lowest, highest = float(shown.min()), float(shown.max())
    spread = highest - lowest or abs(highest) * _NO_SPREAD or 1.0
    every = [lowest, highest, *others.dropna()]
    low = max(lowest - spread, float(np.min(every)))
    high = min(highest + spread, float(np.max(every)))
    room = _MARGIN * (high - low or 2 * spread)
    axes.set_ylim(low - room, high + room)
    return low, high
