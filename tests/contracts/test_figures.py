"""What every figure must fulfil, drawn from committed results; and how one more is added."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.data.runs import load_runs
from analysis.figures import FIGURES, FigureKind, Options, Source, save_figure, source_of
from analysis.figures.parts.layout import head
from analysis.figures.parts.saving import SUFFIXES
from analysis.figures.parts.style import styled
from analysis.report.content import build_report
from analysis.report.material import Material
from analysis.report.parts import Picture
from sweep.cli import run
from tests.analysis_tests.figures import gallery, reading

RESULTS = Path(__file__).parent.parent.parent / "analysis" / "results"
FILES = (str(RESULTS / "published-mnist.parquet"), str(RESULTS / "mlp-baseline.parquet"))


def _seeds(source: Source, options: Options) -> Figure:
    counts = source.runs.groupby(options.by[0])[options.metric].count()
    with styled():
        figure = Figure()
        axes = figure.subplots()
        axes.bar(counts.index.map(str), counts, label="runs", hatch="//")
        axes.set_xlabel(options.by[0])
        head(figure, ["Runs"], ["how many runs there are"])
    return figure


SEARCH = (str(RESULTS / "best" / "large-fashion.parquet"),)
OF_A_SEARCH = {"contour": ("lr", "tau_mem"), "rank": ("lr", "beta")}  # a grid has too few numbers

OWN = FigureKind(
    name="counts",
    title="how many runs there are",
    draw=_seeds,
    example="--by dynamics",
    least_by=1,
    most_by=1,
    in_report=lambda _: [OWN.entry("How many runs there are.", by=["dynamics"])],
)

every_figure = pytest.mark.parametrize("name", [*FIGURES, OWN.name])


@pytest.fixture(autouse=True)
def one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands for the line in the list."""
    monkeypatch.setitem(FIGURES, OWN.name, OWN)


def confusion(run_id: str) -> NDArray[np.int64]:
    """No matrix is committed."""
    return np.eye(10, dtype=np.int64) * 900 + 10


@cache
def source() -> Source:
    own = source_of(FILES, load_runs(FILES), activity=lambda _: gallery.activity())
    return Source(runs=own.runs, history=own.history, confusion=confusion, activity=own.activity)


@cache
def drawn(name: str) -> Figure:
    kind = FIGURES[name]
    by = OF_A_SEARCH.get(name, ("dynamics", "recurrent")[: kind.least_by])
    of = source_of(SEARCH, load_runs(SEARCH)) if name in OF_A_SEARCH else source()
    return kind.draw(of, Options(metric=kind.metric, by=by))


def marks(figure: Figure) -> int:
    """How many things are drawn that stand for data."""
    return sum(
        len(axes.lines) + len(axes.patches) + len(axes.images) + len(axes.collections)
        for axes in figure.axes
    )


@every_figure
def test_it_is_declared_as_readers_need_it(name: str) -> None:
    kind = FIGURES[name]
    assert kind.name == name and kind.title
    assert kind.example.count("--by") >= kind.least_by
    assert kind.least_by <= kind.most_by


@every_figure
def test_it_is_drawn_from_committed_results_and_is_not_empty(name: str) -> None:
    figure = drawn(name)
    assert marks(figure) > 0
    assert reading.title(figure) and reading.note(figure)


@every_figure
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_it_is_saved_in_every_format(name: str, suffix: str, tmp_path: Path) -> None:
    save_figure(drawn(name), tmp_path / f"f{suffix}")
    assert (tmp_path / f"f{suffix}").stat().st_size > 3000


@every_figure
def test_its_lines_are_told_apart_without_colour(name: str) -> None:
    """In a legend, no two entries differ in colour alone."""
    for legend in drawn(name).legends:
        looks = [reading.without_colour(handle) for handle in legend.legend_handles if handle]
        assert len(set(looks)) == len(looks), looks


@every_figure
def test_the_command_knows_it_and_its_help_tells_it(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["figure", "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"  {name} " in shown and FIGURES[name].title in shown
    assert f"spikesweep figure {name} quickstart" in shown
    if not FIGURES[name].metric:
        assert run(["figure", name, "any", "-o", "f.png", "--metric", "val_loss"]) == 2
        assert f"--metric: {name} takes none" in capsys.readouterr().err


def test_a_report_has_every_figure_that_declares_to_be_in_it() -> None:
    material = Material.read(FILES[:1])
    report = build_report(material, activity=lambda _: gallery.activity())
    names = {
        part.name
        for section in report.sections
        for part in section.parts
        if isinstance(part, Picture)
    }
    own = material.source()
    expected = {
        f"{entry.name}-mnist" if kind.section == "leaders" else entry.name
        for kind in FIGURES.values()
        for entry in kind.in_report(own)
    }
    assert {"bars", "counts", "parallel", "pipeline-mnist"} <= expected
    assert expected - names == {"confusion-mnist"}  # no matrix is committed: a line says so


def test_only_the_histories_that_are_drawn_are_read() -> None:
    asked = list[Sequence[str]]()

    def history(metrics: Sequence[str], run_ids: Sequence[str]) -> pd.DataFrame:
        asked.append(run_ids)
        return source().history(metrics, run_ids)

    own = Source(runs=source().runs, history=history)
    FIGURES["curves"].draw(own, Options(metric="val_accuracy"))
    assert own.runs.set_index("run_id").loc[list(asked[0]), "group_id"].nunique() == 5
