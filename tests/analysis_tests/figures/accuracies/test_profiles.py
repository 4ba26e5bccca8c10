"""A performance profile: which share of the runs has more than so much."""

from __future__ import annotations

from typing import Any

import pytest
from matplotlib.figure import Figure

from analysis import figures
from analysis.errors import AnalysisError
from tests.analysis_tests.conftest import make_runs
from tests.analysis_tests.figures.reading import legend, note, points

ROWS = [
    {"group": f"{code}{hidden}", "code": code, "hidden": hidden, "seed": seed}
    | {"test_accuracy": base + 0.1 * (hidden == 16) + 0.02 * seed}
    for code, base in (("a", 0.5), ("b", 0.7))
    for hidden in (8, 16)
    for seed in (0, 1)
]


def drawn(rows: list[dict[str, Any]], metric: str = "test_accuracy") -> Figure:
    kind = figures.FIGURES["profile"]
    source = figures.Source(runs=make_runs(rows), history=lambda *_: make_runs(rows))
    return kind.draw(source, figures.Options(metric=metric, by=("code",)))


def test_a_line_tells_which_share_of_the_runs_has_more() -> None:
    figure = drawn(ROWS)
    assert legend(figure) == ["a (2 × 2)", "b (2 × 2)"]
    a, b = map(points, figure.axes[0].lines)
    shares = {x: (of_a, of_b) for (x, of_a), (_, of_b) in zip(a, b, strict=True)}
    least, most = min(shares), max(shares)
    assert (least, most) == (pytest.approx(50), pytest.approx(82))
    assert (shares[least], shares[most]) == ((75, 100), (0, 0))  # a's least is not above itself
    assert all(of_a == 0 and of_b == 100 for x, (of_a, of_b) in shares.items() if 63 < x < 70)
    assert "bands: 95 % of a stratified bootstrap over seeds" in note(figure)


def test_configurations_without_all_seeds_are_left_out() -> None:
    assert legend(drawn(ROWS[:-1])) == ["a (2 × 2)", "b (1 × 2)"]
    with pytest.raises(AnalysisError, match="profile: no configuration has all of the seeds"):
        drawn([*ROWS[:4], ROWS[4], ROWS[7]])


def test_where_less_is_better_it_is_refused() -> None:
    with pytest.raises(AnalysisError, match="profile: of best_synops_per_inference, less is"):
        drawn(ROWS, "best_synops_per_inference")
