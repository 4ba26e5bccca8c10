"""A figure is the same whatever its maker has set in matplotlib."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import pytest
from matplotlib.figure import Figure

from analysis.figures import save_figure
from analysis.figures.parts.style import styled


def drawn(path: Path) -> bytes:
    with styled():
        figure = Figure()
        axes = figure.subplots()
        axes.plot([1, 2, 3], [1, 4, 9], label="squares")
        axes.set(xlabel="x", title="y")
        axes.legend()
    save_figure(figure, path)
    return path.read_bytes()


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_the_users_own_style_does_not_reach_a_figure(tmp_path: Path, suffix: str) -> None:
    expected = drawn(tmp_path / f"plain{suffix}")
    own = {
        "axes.facecolor": "pink",
        "axes.prop_cycle": matplotlib.cycler(color=["red"]),
        "font.family": "monospace",
        "lines.linestyle": ":",
        "legend.loc": "lower left",
        "savefig.bbox": "tight",
        "savefig.transparent": True,
        "svg.fonttype": "none",
        "xtick.direction": "in",
    }
    with matplotlib.rc_context(own):
        assert drawn(tmp_path / f"own{suffix}") == expected
        assert matplotlib.rcParams["axes.facecolor"] == "pink"
