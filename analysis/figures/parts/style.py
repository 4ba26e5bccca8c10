"""How every figure looks: told apart by colour, also by the colour-blind, and without colour."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from matplotlib import colormaps, rc_context, rcdefaults, rcParams
from matplotlib.artist import Artist
from matplotlib.colors import Colormap
from matplotlib.text import Text

from analysis.errors import AnalysisError

_MATHEMATICS = r"$\mathdefault{"
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

GREY, INK = "#555555", "#222222"
"""Of notes and of what is drawn beside the data."""

SCALE = "cividis"
"""Colours of a continuous value: the same to most colour-blind readers, and even in grey."""

SMALL, NOTE = 7.0, 7.5
"""Font sizes in points: of values in a figure, and of its notes."""

ERROR_BAR: Mapping[str, Any] = MappingProxyType({"elinewidth": 0.8, "capsize": 2})

PUBLISHED: Mapping[str, Any] = MappingProxyType(
    {"marker": "D", "markersize": 4.5, "color": "#FFFFFF", "markeredgecolor": "#000000"}
)
"""A published value beside ours."""

_MIDDLE_GREY = 0.179  # luminance that has the same contrast to black and to white


@dataclass(frozen=True)
class Look:
    """How one of several lines, clouds or bars is told from the others, with and without colour."""

    colour: str
    marker: str
    line: str | tuple[float, tuple[float, ...]]
    hatch: str

    @property
    def ink(self) -> str:
        """Colour of text on the colour: black or white, whichever has more contrast (WCAG 2.2)."""
        parts = [int(self.colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        return "#000000" if luminance > _MIDDLE_GREY else "#FFFFFF"


LOOKS = (
    Look(OKABE_ITO[0], "o", "-", ""),
    Look(OKABE_ITO[1], "s", "--", "////"),
    Look(OKABE_ITO[2], "^", "-.", "...."),
    Look(OKABE_ITO[3], "D", ":", "xxxx"),
    Look(OKABE_ITO[4], "v", (0, (6, 1)), "----"),
    Look(OKABE_ITO[5], "P", (0, (4, 1, 1, 1, 1, 1)), "||||"),
    Look(OKABE_ITO[6], "X", (0, (1, 1)), "++++"),
    Look(OKABE_ITO[7], "*", (0, (8, 3)), "oooo"),
)


def looks(values: Sequence[str], what: str) -> dict[str, Look]:
    """A look for every value, in this order.

    Raises:
        AnalysisError: there are more values than looks; `what` names them.
    """
    if len(values) > len(LOOKS):
        raise AnalysisError(
            f"{what} has {len(values)} values; at most {len(LOOKS)} can be told apart"
        )
    return dict(zip(values, LOOKS, strict=False))


_STYLE: dict[Any, Any] = {
    "figure.dpi": 150,
    "savefig.dpi": 300,
    "figure.constrained_layout.use": True,
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#E0E0E0",
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.5,
    "hatch.color": "#FFFFFF",
    "lines.linewidth": 1.4,
    "lines.markersize": 5,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "legend.handlelength": 2.8,  # the longest line style repeats itself
    "legend.title_fontsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "pdf.fonttype": 42,  # publishers refuse the bitmap fonts of type 3
    "svg.hashsalt": "spikesweep",  # the same figure gives the same file
}


def shades(*, less_is_better: bool) -> Colormap:
    """The scale of a metric, the best dark: on white paper, what is yellow can hardly be seen."""
    scale = colormaps[SCALE]
    return scale if less_is_better else scale.reversed()


@contextmanager
def styled() -> Iterator[None]:
    """Make and save figures in this style within the block; settings of the user stay.

    It is complete: nothing of a user's `matplotlibrc` is left in it.
    """
    with rc_context():
        rcdefaults()
        rcParams.update(_STYLE)
        yield


@contextmanager
def names_as_they_are(drawn: Artist) -> Iterator[None]:
    """Within the block, draw `$` in names as a sign, and signs that the font lacks as a box.

    The marks of logarithmic axes are mathematics of matplotlib's own, and stay so.
    """
    for text in drawn.findobj(Text):
        assert isinstance(text, Text)
        if _MATHEMATICS not in text.get_text():
            text.set_parse_math(False)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield
