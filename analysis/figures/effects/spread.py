"""How wide the effects of a forest are, and axes on which one sees all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from analysis.figures.parts.ticks import set_ticks

_UNLIKE = 4  # times: panels whose effects are so much wider have an axis of their own
_UNEVEN = 10  # times: effects so much wider than half of the others hide these on a plain axis
_LINEAR = 2  # margins: so far from nothing, a bent axis is plain
_PARTS = (1, 3)  # of a power of ten, that have ticks


def alike(panels: Iterable[pd.DataFrame]) -> bool:
    """Whether one axis shows the effects of all panels."""
    widest = [float(_reach(rows).max(initial=0.0)) for rows in panels]
    known = [width for width in widest if width > 0]
    return len(known) < 2 or max(known) <= _UNLIKE * min(known)


def uneven(panels: Iterable[pd.DataFrame]) -> bool:
    """Whether a few effects of a panel are so wide that a plain axis hides the others."""
    reaches = [reach[reach > 0] for reach in map(_reach, panels)]
    return any(len(reach) and reach.max() > _UNEVEN * np.median(reach) for reach in reaches)


def bend(axes: Axes, panels: Sequence[pd.DataFrame], scale: int) -> None:
    """Make the axis logarithmic to both sides of nothing, but for some margins around it.

    Args:
        axes: Of one panel.
        panels: All that share its axis.
        scale: What effects are multiplied by, to be shown.
    """
    plain = plain_part(panels) * scale
    most = max(float(_reach(rows).max(initial=0.0)) for rows in panels) * scale
    axes.set_xscale("symlog", linthresh=plain)
    tens = 10.0 ** np.arange(np.floor(np.log10(plain)), np.ceil(np.log10(most)) + 1)
    sizes = [part * ten for ten in tens for part in _PARTS if plain <= part * ten <= most]
    set_ticks(axes.xaxis, [*(-size for size in reversed(sizes)), 0.0, *sizes])


def plain_part(panels: Iterable[pd.DataFrame]) -> float:
    """To how far from nothing a bent axis is plain, in units of the metric."""
    return _LINEAR * max(float(rows["margin"].max()) for rows in panels)


def _reach(rows: pd.DataFrame) -> NDArray[np.float64]:
    """How far from nothing each effect or its interval goes; of those that are known."""
    ends = np.abs(rows[["estimate", "low", "high"]].to_numpy(dtype=np.float64))
    known = ends[np.isfinite(ends).any(axis=1)]
    reach: NDArray[np.float64] = np.nanmax(known, axis=1, initial=0.0)
    return reach
