"""A figure as a file."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

from analysis.errors import AnalysisError
from analysis.figures.parts.style import names_as_they_are, styled
from analysis.text.files import write_file
from analysis.text.plain import known_names

SUFFIXES = (".png", ".svg", ".pdf")

_PLACES = 6  # decimal, of fractions of a figure: a hundredth of a pixel
_CLIP_PATH = re.compile(rb'<clipPath id="(p[0-9a-f]{10})"')


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Save as PNG (300 dpi), SVG or PDF, by the suffix; the same figure gives the same file.

    >>> runs = load_runs([committed("published-fashion")])
    >>> save_figure(strip(runs, "encoding"), "encodings.pdf")

    Raises:
        AnalysisError: the suffix is another one, or the path cannot be written.
    """
    suffix = known_suffix(path)
    undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(suffix)
    content = io.BytesIO()
    with styled(), names_as_they_are(figure):
        settle(figure)
        figure.savefig(content, format=suffix[1:], metadata=undated)
    written = content.getvalue()
    write_file(path, _numbered(written) if suffix == ".svg" else written)


def settle(figure: Figure) -> None:
    """Lay out, once for all formats: a layout takes as long as a drawing.

    The places are rounded: the layout's last digits depend on addresses in memory.
    """
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        with rc_context({"figure.constrained_layout.use": False, "figure.autolayout": False}):
            figure.set_layout_engine(None)
    for axes in figure.axes:
        left, bottom, width, height = (
            round(part, _PLACES) for part in axes.get_position(original=True).bounds
        )
        axes.set_position((left, bottom, width, height))


def _numbered(svg: bytes) -> bytes:
    """Name clip paths by their order: matplotlib's names depend on rounding in the layout."""
    names = dict.fromkeys(_CLIP_PATH.findall(svg))
    for number, name in enumerate(names):
        svg = svg.replace(name, b"clip%d" % number)
    return svg


def known_suffix(path: str | os.PathLike[str]) -> str:
    """The suffix in lower case, to be refused before anything is computed.

    Raises:
        AnalysisError: nothing is saved under such a suffix.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise AnalysisError(f"cannot save a figure as {suffix!r}; {known_names(suffix, SUFFIXES)}")
    return suffix
