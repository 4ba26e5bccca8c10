"""What is told apart is told apart without colour, too."""

from __future__ import annotations

import pytest
from matplotlib.colors import to_rgb

from analysis.errors import AnalysisError
from analysis.figures.parts.style import LOOKS, looks


def luminance(colour: str) -> float:
    """As the gamma of 2.2 has it, which is near to that of sRGB."""
    red, green, blue = (part**2.2 for part in to_rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_looks_differ_in_everything() -> None:
    for name in ("colour", "marker", "line", "hatch"):
        assert len({getattr(look, name) for look in LOOKS}) == len(LOOKS)


def test_text_on_a_colour_can_be_read() -> None:
    for look in LOOKS:
        light, dark = sorted((luminance(look.colour), luminance(look.ink)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5  # WCAG 2.2, level AA


def test_more_values_than_looks_are_refused_by_name() -> None:
    assert list(looks(["a", "b"], "size")) == ["a", "b"]
    with pytest.raises(AnalysisError, match="size has 9 values; at most 8 can be told apart"):
        looks([str(n) for n in range(9)], "size")
