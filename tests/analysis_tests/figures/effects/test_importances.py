"""Bars of importance."""

from __future__ import annotations

import pytest

from analysis.errors import AnalysisError
from analysis.figures import importance
from tests.analysis_tests.figures.gallery import IMPORTANCE
from tests.analysis_tests.figures.reading import containers, note, texts, ticks, title


def test_the_most_important_param_is_on_top_with_its_spread() -> None:
    figure = importance(IMPORTANCE)
    axes = figure.axes[0]
    assert ticks(axes, "y") == ["recurrent", "hidden", "lr"]  # from below
    (bars,) = containers(axes)
    assert [bar.get_width() for bar in bars.patches] == pytest.approx([2, 25, 60])
    (lines,) = bars.errorbar.lines[2]  # type: ignore[union-attr]
    (low, _), (high, _) = lines.get_segments()[-1]
    assert (low, high) == pytest.approx((55, 66))
    assert texts(axes) == ["2.0", "25.0", "60.0"]
    assert title(figure) == "Importance for the validation accuracy"
    assert note(figure) == "of 12 configurations"


def test_a_plain_table_has_no_error_bars_and_an_empty_one_is_refused() -> None:
    (bars,) = containers(importance(IMPORTANCE[["param", "importance"]]).axes[0])
    assert bars.errorbar is None
    with pytest.raises(AnalysisError, match="no param"):
        importance(IMPORTANCE[:0])


def test_too_few_configurations_for_so_many_params_are_said() -> None:
    table = IMPORTANCE.copy()
    table.attrs = IMPORTANCE.attrs | {"n_configurations": 12}
    assert note(importance(table)).startswith("12 configurations are too few for 3 params")
    table.attrs["n_configurations"] = 30
    assert note(importance(table)) == "of 12 configurations"
