"""Figures of the committed runs: real searches and grids fit a page and can be read.

A search over 25 keys, one for few operations over 80 configurations, a grid of two presets.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from analysis.data.committed import committed
from analysis.data.groups import is_logarithmic
from analysis.data.runs import load_runs
from analysis.errors import AnalysisError
from analysis.figures import FIGURES, Options, Source, forest, fronts, source_of
from analysis.figures.parts.layout import PAGE_INCHES
from analysis.records import ENERGY, State
from tests.analysis_tests.figures import reading
from tests.results.ablation import ablation
from tests.results.fronts import AT_MOST, KINDS, SEEDS, searches

WIDE, FEW, GRID = "best/best-fashion", "best/efficient-mnist", "published-mnist"
DRAWN = [
    *(
        (WIDE, kind)
        for kind in ("dots", "strip", "curves", "synops", "parallel", "slice", "rank", "contour")
    ),
    *((FEW, kind) for kind in ("strip", "neurons", "synops", "parallel")),
    *((GRID, kind) for kind in ("bars", "neurons", "curves", "forest", "strip", "timeline")),
]
BY = {"strip": ("encoding", "dynamics"), "slice": ("hidden", "surrogate", "tau_mem", "beta")}


@cache
def source(name: str) -> Source:
    path = committed(name)
    return source_of([path], load_runs([path]))


def runs(name: str) -> pd.DataFrame:
    return source(name).runs


@pytest.mark.parametrize(("name", "kind"), DRAWN)
def test_it_fits_a_page_and_no_text_lies_on_another(name: str, kind: str) -> None:
    how = FIGURES[kind]
    options = Options(metric=how.metric, by=BY.get(kind, ()))
    figure = how.draw(source(name), options)
    assert figure.get_figwidth() <= PAGE_INCHES
    assert reading.overlapping(figure) == []


FEWER = {
    "one run": lambda table: table[table["state"] == State.DONE].head(1),
    "one seed": lambda table: table[table["seed"] == table["seed"].min()],
}
OF_FEWER = {
    "one run": ("dots", "bars", "strip", "curves", "neurons", "synops", "history", "edf"),
    "one seed": ("dots", "strip", "curves", "synops", "parallel", "rank"),
}


@pytest.mark.parametrize(
    ("fewer", "kind"), [(fewer, kind) for fewer, kinds in OF_FEWER.items() for kind in kinds]
)
def test_of_one_run_or_one_seed_it_fits_and_can_be_read(fewer: str, kind: str) -> None:
    few = replace(source(GRID), runs=FEWER[fewer](runs(GRID)))
    how = FIGURES[kind]
    by = ("encoding",) * how.least_by
    figure = how.draw(few, Options(metric=how.metric, by=by))
    assert figure.get_figwidth() <= PAGE_INCHES
    assert reading.overlapping(figure) == []
    assert "one" in reading.note(figure) and "interval" not in reading.note(figure)
    if fewer == "one run" and kind != "bars":  # which begin at 0 and end above 100 %
        shown = [axes for axes in figure.axes if "accuracy (%)" in axes.get_ylabel()]
        assert all(axes.get_ylim()[1] <= 100 for axes in shown)


@pytest.mark.parametrize(
    "kind",
    [
        *("parallel", "slice", "rank", "contour", "hypervolume", "forest"),
        *("expected", "profile"),  # which were empty axes
    ],
)
def test_what_one_run_cannot_show_is_said(kind: str) -> None:
    one = replace(source(GRID), runs=FEWER["one run"](runs(GRID)))
    how = FIGURES[kind]
    with pytest.raises(AnalysisError):
        how.draw(one, Options(metric=how.metric, by=("hidden",) * how.least_by))


def test_the_runs_of_a_timeline_are_counted_in_whole_numbers() -> None:
    one = replace(source(GRID), runs=FEWER["one run"](runs(GRID)))
    (axes,) = FIGURES["timeline"].draw(one, Options()).axes
    assert all(tick == int(tick) for tick in axes.get_yticks())


@pytest.mark.parametrize("kind", sorted(set(FIGURES) - {"pipeline", "raster", "confusion"}))
def test_where_nothing_finished_a_figure_says_so(kind: str) -> None:
    failed = Source(runs=runs(GRID).assign(state=State.FAILED), history=source(GRID).history)
    how = FIGURES[kind]
    if kind == "timeline":  # failures are what it shows
        assert how.draw(failed, Options()).axes
        return
    with pytest.raises(AnalysisError, match="nothing finished: 96 failed"):
        how.draw(failed, Options(metric=how.metric, by=("hidden",) * how.least_by))


def test_the_scale_of_a_search_is_that_of_its_specification() -> None:
    logarithmic = {
        name for name in ("hidden", "encoder_tau", "tau_mem") if is_logarithmic(runs(FEW), name)
    }
    assert logarithmic == {"hidden", "tau_mem"}  # 8 to 128, and 2 to 30: values alone do not tell


def test_changes_of_several_keys_leave_the_numbers_beside_them_their_room() -> None:
    figure = forest(ablation()["changes"])
    assert reading.overlapping(figure) == []


def test_the_searches_of_three_kinds_fit_a_page() -> None:
    figure = fronts(searches(), AT_MOST[ENERGY], cost=ENERGY)
    assert reading.overlapping(figure) == [] and figure.get_figwidth() <= PAGE_INCHES
    labels = [text.get_text().replace("\n", " ") for text in figure.legends[0].get_texts()]
    assert labels == [f"{kind} ({len(SEEDS)} searches)" for kind in KINDS]


def test_no_interval_is_hidden_by_one_that_is_far_wider() -> None:
    figure = forest(ablation()["changes"])
    figure.draw_without_rendering()
    for axes in figure.axes[::2]:
        bars = [bar for bars in axes.containers for bar in bars[2][0].get_segments()]
        ends = axes.transData.transform(np.concatenate(bars))[:, 0].reshape(-1, 2)
        assert len(bars) == 10 and (np.diff(ends, axis=1) > 0.01 * axes.bbox.width).all()
    foot = figure.get_supxlabel()
    assert "axis logarithmic beyond ±1;" in " ".join(foot.split())
