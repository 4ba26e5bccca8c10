"""Figures as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import AnalysisError
from analysis.figures import accuracy_bars, save_figure
from tests.analysis_tests.figures.reading import RunsOf


@pytest.mark.parametrize(
    ("suffix", "magic"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".PDF", b"%PDF")]
)
def test_the_suffix_says_the_format(
    runs_of: RunsOf, tmp_path: Path, suffix: str, magic: bytes
) -> None:
    save_figure(accuracy_bars(runs_of([{"group": "a"}])), tmp_path / f"f{suffix}")
    assert (tmp_path / f"f{suffix}").read_bytes().startswith(magic)


def test_an_unknown_suffix_names_the_known_ones(runs_of: RunsOf, tmp_path: Path) -> None:
    figure = accuracy_bars(runs_of([{"group": "a"}]))
    with pytest.raises(AnalysisError, match=r"'\.bmp'; known: \.png, \.svg, \.pdf"):
        save_figure(figure, tmp_path / "f.bmp")
    with pytest.raises(AnalysisError, match=r"cannot write .*nowhere"):
        save_figure(figure, tmp_path / "nowhere" / "f.png")
