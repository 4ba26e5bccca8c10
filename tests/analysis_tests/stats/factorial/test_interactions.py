"""Two-way interactions, against statsmodels' formulas and against differences by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from analysis.errors import AnalysisError
from analysis.stats.factorial.interactions import interactions
from tests.analysis_tests.conftest import make_runs
from tests.analysis_tests.simulation import TRUTH, grid, outcomes


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    runs = outcomes(grid(), TRUTH, np.random.default_rng(1))
    hurt = (runs["dynamics"] == "lif") & runs["recurrent"]
    return runs.assign(test_accuracy=runs["test_accuracy"] - 0.3 * hurt)


def test_an_interaction_is_the_difference_of_differences(runs: pd.DataFrame) -> None:
    table = interactions(runs).set_index(["factor", "by"])
    means = runs.groupby(["dynamics", "recurrent"])["test_accuracy"].mean()
    in_lif = means["lif", True] - means["lif", False]
    in_alif = means["alif", True] - means["alif", False]
    row = table.loc[("dynamics", "recurrent")]
    assert row["estimate"] == pytest.approx(in_alif - in_lif, abs=1e-9)
    assert row["estimate"] == pytest.approx(0.3, abs=0.03)
    assert row["p_holm"] < 0.001
    assert (table["p_holm"].drop(("dynamics", "recurrent")) > 0.05).all()


def test_the_model_is_that_of_statsmodels_formulas(runs: pd.DataFrame) -> None:
    keys = ["dynamics", "recurrent", "encoding", "hidden"]
    means = runs.groupby(keys)["test_accuracy"].mean().reset_index()
    means = means.assign(
        d=means["dynamics"].eq("alif") - 0.5,
        r=means["recurrent"].astype(float) - 0.5,
        e=means["encoding"].eq("periodic") - 0.5,
        h=means["hidden"].eq(200) - 0.5,
    )
    model = smf.ols("test_accuracy ~ (d + r + e + h) ** 2", means).fit()
    table = interactions(runs).set_index(["factor", "by"])
    for short, names in (("d:r", ("dynamics", "recurrent")), ("e:h", ("encoding", "hidden"))):
        row = table.loc[names]
        assert row["estimate"] == pytest.approx(model.params[short], abs=1e-6)
        assert row["p"] == pytest.approx(model.pvalues[short], abs=1e-6)
        assert (row["low"], row["high"]) == pytest.approx(tuple(model.conf_int().loc[short]))


def test_what_cannot_be_estimated_is_refused(runs: pd.DataFrame) -> None:
    with pytest.raises(AnalysisError, match="two factors that vary"):
        interactions(runs, ["dynamics"])
    with pytest.raises(AnalysisError, match="4 configurations cannot tell 4 coefficients"):
        interactions(runs[(runs["encoding"] == "latency") & (runs["hidden"] == 100)])
    never = runs[~((runs["dynamics"] == "lif") & runs["recurrent"])]
    with pytest.raises(AnalysisError, match="never run"):
        interactions(never, ["dynamics", "recurrent"])


def test_a_factor_that_some_runs_do_not_have_is_left_out_and_named() -> None:
    rows = [
        {"group": f"{d}{e}{h}{b}", "dynamics": d, "encoding": e, "hidden": h, "learn_beta": b}
        | {"test_accuracy": 0.9 + 0.001 * number, "seed": 0}
        for number, (d, b) in enumerate((("lif", None), ("alif", False), ("alif", True)))
        for e in ("latency", "periodic")
        for h in (50, 100, 200)
    ]
    table = interactions(make_runs(rows))
    assert table.attrs["left_out"] == ["learn_beta"]
    assert "learn_beta" not in set(table["factor"]) | set(table["by"])
    assert len(table) == 1 + 2 + 2
