"""What holds for every figure."""

from __future__ import annotations

import itertools
from functools import cache
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from analysis.figures import save_figure
from analysis.figures.parts.layout import PAGE_INCHES
from analysis.figures.parts.saving import SUFFIXES
from tests.analysis_tests.figures import reading
from tests.analysis_tests.figures.gallery import GALLERY, LOOKED_AT

every_figure = pytest.mark.parametrize("kind", sorted(LOOKED_AT))


@cache
def drawn(kind: str) -> Figure:
    """A figure that is only looked at."""
    return LOOKED_AT[kind]()


@pytest.mark.parametrize("kind", sorted(GALLERY))
def test_the_same_table_gives_the_same_bytes_in_every_format(kind: str, tmp_path: Path) -> None:
    settings = dict(mpl.rcParams)
    for name in ("one", "two"):
        figure = GALLERY[kind]()
        for suffix in SUFFIXES:
            save_figure(figure, tmp_path / f"{name}{suffix}")
    for suffix in SUFFIXES:
        one, two = (tmp_path / f"{name}{suffix}" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes(), suffix
    assert dict(mpl.rcParams) == settings


@every_figure
def test_it_has_a_title_and_a_note_and_is_readable_in_print(kind: str) -> None:
    figure = drawn(kind)
    assert reading.title(figure) and reading.note(figure)
    sizes = {text.get_fontsize() for text in reading.all_texts(figure)}
    assert min(sizes) >= 7, sizes


@every_figure
def test_title_legend_and_axes_do_not_overlap_and_nothing_is_cut_off(kind: str) -> None:
    figure = drawn(kind)
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


@every_figure
def test_no_two_texts_lie_on_each_other_and_it_fits_a_page(kind: str) -> None:
    assert reading.overlapping(drawn(kind)) == []
    assert drawn(kind).get_figwidth() <= PAGE_INCHES
