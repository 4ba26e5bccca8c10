"""Forest plots: every effect has its row, in percentage points."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.axes import Axes

from analysis.errors import AnalysisError
from analysis.figures import forest
from tests.analysis_tests.figures.gallery import NAN, effect
from tests.analysis_tests.figures.reading import legend, note, overlapping, texts, ticks, title


def marks(axes: Axes) -> dict[float, tuple[float, object]]:
    """The place of every single point with its value and its marker."""
    return {
        float(line.get_ydata()[0]): (float(line.get_xdata()[0]), line.get_marker())  # type: ignore[index]
        for line in axes.lines
        if len(line.get_xdata()) == 1 and line.get_marker() not in ("|", "None")  # type: ignore[arg-type]
    }


def test_a_row_has_its_estimate_interval_and_numbers() -> None:
    figure = forest(pd.DataFrame([effect(), effect(factor="hidden", baseline=64, level=128)]))
    plot, numbers = figure.axes
    assert ticks(plot, "y") == ["recurrent: ff → rec", "hidden: 64 → 128"]
    assert marks(plot)[0] == (pytest.approx(2.0), ">")
    (whisker,) = plot.collections[2].get_segments()  # type: ignore[attr-defined]
    assert [x for x, _ in whisker] == pytest.approx([1, 3])
    assert texts(numbers) == [
        *("difference", "pairs", "p (Holm)", "verdict"),
        *(2 * ["+2.00 [+1.00, +3.00]", "24 (8 × 3)", "0.012", "higher"]),
    ]
    assert plot.get_xlabel() == "Difference of test accuracy (percentage points)"
    assert title(figure) == "Paired differences of test accuracy"


@pytest.mark.parametrize(
    ("factor", "told"),
    [
        ("recurrent", "(configurations × seeds) that differ in this param alone"),
        ("change", "(configurations × seeds) of a run and the baseline that it changes"),
    ],
)
def test_the_foot_says_how_runs_are_paired_and_names_no_commands(factor: str, told: str) -> None:
    foot = " ".join(note(forest(pd.DataFrame([effect(factor=factor)]))).split())
    assert told in foot and "leave out the chance of the test images" in foot
    assert "--images" not in foot and ("this param" in foot) == (factor != "change")


def test_of_crossed_factors_long_names_leave_room_for_the_numbers() -> None:
    bundle = {"baseline": "1.6/0.3/10/0.03", "level": "0.1/5/20/1"}
    both = {"baseline": "published, 1.6/0.3/10/0.03", "level": "scaled, 0.1/5/20/1"}
    wide = {"estimate": 0.3128, "low": -0.4419, "high": 1.0674, "verdict": "undecided"}
    rows = [
        effect(factor="constants", **bundle),
        effect(factor="initial_weights × threshold_gradient", **both, **wide),
    ]
    figure = forest(pd.DataFrame(rows))
    assert [" ".join(name.split()) for name in ticks(figure.axes[0], "y")] == [
        "constants: 1.6/0.3/10/0.03 → 0.1/5/20/1",
        "initial weights × threshold gradient",
    ]
    assert overlapping(figure) == []
    assert "means over the other factors" in " ".join(note(figure).split())


def test_the_zero_line_and_the_margin_are_there() -> None:
    axes = forest(pd.DataFrame([effect(margin=0.005)])).axes[0]
    assert any(list(line.get_xdata()) == [0, 0] for line in axes.lines)  # type: ignore[arg-type]
    band = axes.collections[0].get_paths()[0].vertices
    assert (band[:, 0].min(), band[:, 0].max()) == pytest.approx((-0.5, 0.5))
    edges = axes.collections[1].get_segments()  # type: ignore[attr-defined]
    assert sorted(x for edge in edges for x, _ in edge) == pytest.approx([-0.5, -0.5, 0.5, 0.5])


def test_panels_whose_effects_are_far_wider_have_an_axis_of_their_own() -> None:
    """On one axis of ± 40 points, nobody sees what is within half a point."""
    narrow = effect(group="default", estimate=0.002, low=-0.001, high=0.005)
    wide = effect(group="published", estimate=0.3, low=0.2, high=0.4)
    plots = forest(pd.DataFrame([narrow, wide])).axes[::2]
    assert [axes.get_xlim()[1] > 10 for axes in plots] == [False, True]
    alike = forest(pd.DataFrame([narrow, narrow | {"group": "published"}])).axes[::2]
    assert alike[0].get_xlim() == alike[1].get_xlim()


def test_verdicts_differ_in_colour_and_in_marker() -> None:
    verdicts = ("higher", "lower", "equivalent", "undecided")
    figure = forest(pd.DataFrame([effect(verdict=verdict) for verdict in verdicts]))
    assert legend(figure) == [*verdicts, "± margin"]
    assert len({marker for _, marker in marks(figure.axes[0]).values()}) == 4
    with pytest.raises(AnalysisError, match="unknown verdict 'maybe'; known: higher, lower"):
        forest(pd.DataFrame([effect(verdict="maybe")]))


def test_groups_have_panels_and_published_differences_are_diamonds() -> None:
    effects = [
        effect(group="MNIST", published=0.04),
        effect(group="Fashion-MNIST", published=NAN),
        effect(group="MNIST", published=-0.01),
    ]
    figure = forest(pd.DataFrame(effects))
    panels = figure.axes[::2]
    assert [axes.get_title(loc="left") for axes in panels] == ["MNIST", "Fashion-MNIST"]
    diamonds = [value for value, marker in marks(panels[0]).values() if marker == "D"]
    assert diamonds == pytest.approx([4, -1])
    assert all(marker != "D" for _, marker in marks(panels[1]).values())
    assert legend(figure) == ["higher", "± margin", "published"]


def test_an_effect_that_could_not_be_estimated_keeps_its_row() -> None:
    effects = pd.DataFrame(
        [
            effect(estimate=NAN, low=NAN, high=NAN, p_holm=NAN, n_pairs=0, verdict="undecided"),
            effect(low=NAN, high=NAN, p_holm=NAN, n_pairs=1, verdict="undecided"),
            effect(estimate=-0.3, low=-0.4, high=-0.2, p_holm=1e-9, verdict="lower"),
        ]
    )
    figure = forest(effects)
    plot, numbers = figure.axes
    assert len(ticks(plot, "y")) == 3
    assert set(marks(plot)) == {1, 2}
    assert texts(numbers)[4:] == [
        *("not estimable", "0 (8 × 3)", "–", "undecided"),
        *("+2.00, one pair", "1 (8 × 3)", "–", "undecided"),
        *("−30.00 [−40.00, −20.00]", "24 (8 × 3)", "< 0.001", "lower"),
    ]


def test_what_the_effects_leave_out_is_said_and_other_metrics_keep_their_units() -> None:
    effects = pd.DataFrame([effect(estimate=0.5, low=0.1, high=0.9)])
    effects.attrs = {
        "metric": "val_loss",
        "pooled": "MNIST and Fashion-MNIST",
        "refused": {"encoding": "no pairs"},
        "left_out": {"pruned": 3, "failed": 1},
    }
    figure = forest(effects)
    assert note(figure).startswith("over MNIST and Fashion-MNIST; points:")
    assert "not estimated: encoding; not shown: 1 failed, 3 pruned" in note(figure)
    assert figure.axes[0].get_xlabel() == "Difference of validation loss"
    assert "+0.500 [+0.100, +0.900]" in texts(figure.axes[1])
    with pytest.raises(AnalysisError, match="no effects"):
        forest(effects[:0])
