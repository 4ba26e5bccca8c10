"""How every figure looks: colours that a colour-blind reader tells apart, sizes for print."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from matplotlib import rc_context

OKABE_ITO = (
    "#0072B2",  # blue
    "#E69F00",  # orange
    "#009E73",  # green
    "#CC79A7",  # purple
    "#56B4E9",  # sky
    "#D55E00",  # vermilion
    "#F0E442",  # yellow
    "#000000",
)
"""Okabe and Ito, "Color Universal Design" (2008), in an order that also differs in grey."""

_STYLE: dict[Any, Any] = {
    "figure.dpi": 150,
    "savefig.dpi": 300,
    "figure.constrained_layout.use": True,
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#E0E0E0",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "pdf.fonttype": 42,  # publishers refuse the bitmap fonts of type 3
    "svg.hashsalt": "spikesweep",  # the same figure gives the same file
}


def styled() -> AbstractContextManager[None]:
    """Within it figures are made and saved in this style; what is set elsewhere stays."""
    return rc_context(_STYLE)
