"""What holds for every figure."""

from __future__ import annotations

import itertools
from pathlib import Path

import matplotlib as mpl
import pytest

from analysis.figures import save_figure
from tests.analysis_tests.figures import reading
from tests.analysis_tests.figures.gallery import GALLERY

every_figure = pytest.mark.parametrize("kind", sorted(GALLERY))


@every_figure
@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_the_same_table_gives_the_same_bytes(kind: str, suffix: str, tmp_path: Path) -> None:
    settings = dict(mpl.rcParams)
    for name in ("one", "two"):
        save_figure(GALLERY[kind](), tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()
    assert dict(mpl.rcParams) == settings


@every_figure
def test_it_has_a_title_and_a_note_and_is_readable_in_print(kind: str) -> None:
    figure = GALLERY[kind]()
    assert reading.title(figure) and reading.note(figure)
    sizes = {text.get_fontsize() for text in reading.all_texts(figure)}
    assert min(sizes) >= 7, sizes


@every_figure
def test_title_legend_and_axes_do_not_overlap_and_nothing_is_cut_off(kind: str) -> None:
    figure = GALLERY[kind]()
    figure.draw_without_rendering()
    heads = [text.get_window_extent() for text in figure.texts]
    assert len(heads) == 2
    legends = [legend.get_window_extent() for legend in figure.legends]
    panels = [axes.get_tightbbox() for axes in figure.axes]
    for one, other in itertools.combinations([*heads, *legends, *filter(None, panels)], 2):
        assert not one.padded(-1).overlaps(other.padded(-1))
    for box in (*heads, *legends, *filter(None, panels)):
        assert box.x0 >= -1 and box.x1 <= figure.bbox.width + 1
        assert box.y0 >= -1 and box.y1 <= figure.bbox.height + 1
