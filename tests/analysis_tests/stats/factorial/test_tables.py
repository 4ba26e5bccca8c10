"""Main effects and interactions of crossed factors, on runs whose truth is known."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from analysis.errors import AnalysisError
from analysis.stats.chance.shared_seeds import shared_seeds
from analysis.stats.factorial.bundles import bundled
from analysis.stats.factorial.tables import factorial
from analysis.stats.readable import readable_effects
from tests.analysis_tests.conftest import make_runs

NETWORKS = ["encoding", "recurrent"]
PUBLISHED = {"threshold": 0.03, "beta": 1.6}
MENDED = {"threshold": 1.0, "beta": 0.1}
FACTORS = ["weights", "gradient", "constants=threshold,beta"]
NAMES = ["weights", "gradient", "constants"]


def runs(seeds: int = 3, levels: int = 2) -> pd.DataFrame:
    """All combinations of three factors in four networks; `beta` changes with the threshold."""
    drawn = np.random.default_rng(0)
    rows = []
    for encoding, recurrent, weights, gradient, mended, seed in product(
        ("latency", "periodic"),
        (False, True),
        ("published", "scaled", "small")[:levels],
        (False, True),
        (False, True),
        range(3, 3 + seeds),
    ):
        scaled = weights != "published"
        accuracy = 0.5 + 0.1 * scaled + 0.05 * mended + 0.2 * scaled * mended
        accuracy += 0.03 * recurrent + 0.02 * drawn.normal()
        rows.append(
            {"group": f"{encoding}{recurrent}{weights}{gradient}{mended}", "encoding": encoding}
            | {"recurrent": recurrent, "weights": weights, "gradient": gradient, "seed": seed}
            | {**(MENDED if mended else PUBLISHED), "test_accuracy": accuracy}
        )
    return make_runs(rows)


def table_of(found: pd.DataFrame, within: tuple[str, ...] = ()) -> pd.DataFrame:
    found, factors = bundled(found, FACTORS)
    return factorial(found, factors, NETWORKS, within=within)


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    return runs()


def test_the_terms_are_those_of_least_squares(whole: pd.DataFrame) -> None:
    coded = whole.assign(
        w=whole["weights"].eq("scaled") - 0.5,
        g=whole["gradient"].astype(float) - 0.5,
        c=whole["threshold"].eq(1) - 0.5,
        network=whole["encoding"] + whole["recurrent"].map(str),
    )
    model = smf.ols("test_accuracy ~ (w + g + c) ** 3 + network * C(seed)", coded).fit()
    table = table_of(whole).set_index("factor")
    assert [*table.index] == [*NAMES, "weights × gradient", "weights × constants",
                              "gradient × constants"]  # fmt: skip
    for name, term in zip(table.index, ("w", "g", "c", "w:g", "w:c", "g:c"), strict=True):
        assert table.loc[name, "estimate"] == pytest.approx(model.params[term], abs=1e-9)
    row = table.loc["weights × constants"]
    assert row["estimate"] == pytest.approx(0.2, abs=0.02) and row["verdict"] == "higher"
    assert (row["baseline"], row["level"]) == ("published, 0.03/1.6", "scaled, 1/0.1")


def test_the_interval_is_over_networks_and_the_seeds_that_they_share(whole: pd.DataFrame) -> None:
    wide = whole.pivot_table("test_accuracy", [*NETWORKS, "seed"], "weights")
    differences = (wide["scaled"] - wide["published"]).rename("difference").reset_index()
    differences["unit"] = differences["encoding"] + differences["recurrent"].map(str)
    series = differences.set_index(["unit", "seed"])["difference"]
    row = table_of(whole).set_index("factor").loc["weights"]
    units = series.groupby("unit").mean()
    student = stats.t.interval(0.95, 3, units.mean(), stats.sem(units))
    shared = shared_seeds(series)
    expected = shared.interval if shared and shared.matters else student
    assert (row["low"], row["high"]) == pytest.approx(expected, abs=1e-9)
    assert (row["n_configurations"], row["n_seeds"], row["n_pairs"]) == (4, 3, 12)


def test_within_a_network_the_seeds_are_the_sample_and_all_rows_are_corrected_together(
    whole: pd.DataFrame,
) -> None:
    table = table_of(whole, within=("encoding", "recurrent"))
    assert len(table) == 4 * 6 and set(table["n_configurations"]) == {1}
    assert table["group"].unique().tolist()[0] == "latency, ff"
    some = whole[(whole["encoding"] == "latency") & ~whole["recurrent"].astype(bool)]
    wide = some.pivot_table("test_accuracy", "seed", "gradient")
    effect = wide[True] - wide[False]
    row = table[(table["group"] == "latency, ff") & (table["factor"] == "gradient")].iloc[0]
    expected = stats.t.interval(0.95, 2, effect.mean(), stats.sem(effect))
    assert (row["low"], row["high"]) == pytest.approx(expected, abs=1e-9)
    smallest = table["p"].min()
    assert table["p_holm"].min() == pytest.approx(min(1, 24 * smallest))


def test_keys_that_always_change_together_are_one_factor_without_being_named(
    whole: pd.DataFrame,
) -> None:
    given, found = table_of(whole), factorial(whole, (), NETWORKS)
    assert set(found["factor"]) >= {"threshold, beta", "weights", "gradient"} and len(found) == 6
    assert sorted(found["estimate"]) == pytest.approx(sorted(given["estimate"]))


def test_of_three_levels_each_is_compared_with_the_first() -> None:
    table = table_of(runs(levels=3, seeds=2))
    of_weights = table[table["factor"] == "weights"]
    assert of_weights["level"].tolist() == ["scaled", "small"]
    assert len(table) == 2 + 1 + 1 + 2 + 2 + 1


def test_a_run_that_is_missing_leaves_effects_that_are_not_mixed(whole: pd.DataFrame) -> None:
    """Without noise, the effects stay what they are whatever is missing."""
    exact = whole.assign(
        test_accuracy=0.5 + 0.1 * (whole["weights"] == "scaled") + 0.05 * (whole["threshold"] == 1)
    )
    some = exact[~((exact["weights"] == "scaled") & exact["gradient"] & (exact["seed"] == 3))]
    table = table_of(some).set_index("factor")
    assert table.loc["weights", "estimate"] == pytest.approx(0.1)
    assert table.loc["constants", "estimate"] == pytest.approx(0.05)
    assert table.loc["weights × constants", "estimate"] == pytest.approx(0)
    assert table.loc["weights", "matched"] == pytest.approx(5 / 6)
    assert "Some combinations were not run" in readable_effects(table.reset_index()).attrs["note"]


def test_in_a_half_of_the_design_what_is_aliased_is_refused(whole: pd.DataFrame) -> None:
    """A fraction in which the constants follow from the others: no two runs differ in one alone."""
    product_of = (whole["weights"] == "scaled") ^ whole["gradient"]
    half = whole[product_of == (whole["threshold"] == 1)]
    with pytest.raises(AnalysisError, match="aliased"):
        table_of(half)
    three = whole[~((whole["weights"] == "scaled") & whole["gradient"].astype(bool))]
    table = table_of(three)
    (refused,) = table.attrs["refused"]
    assert refused == "weights × gradient"


def test_the_caption_says_what_is_meant(whole: pd.DataFrame) -> None:
    shown = readable_effects(table_of(whole))
    note = shown.attrs["note"]
    assert "constants: threshold/beta." in note and "All 8 combinations were run" in note
    assert shown["networks"].tolist() == ["4"] * 6
    assert "Intervals and tests are over configurations and seeds" in note


def test_a_param_that_is_not_named_is_refused(whole: pd.DataFrame) -> None:
    with pytest.raises(AnalysisError, match="recurrent: varies, too"):
        factorial(whole, ["weights", "gradient"], ["encoding", "threshold", "beta"])
    with pytest.raises(AnalysisError, match="two factors"):
        factorial(whole, ["weights", "weights"], NETWORKS)
    with pytest.raises(AnalysisError, match="encoding: is a factor, or makes networks"):
        factorial(whole, ["weights", "encoding"], NETWORKS)


@pytest.mark.parametrize(
    ("factor", "reason"),
    [
        ("beta,nothing", "no param 'nothing'"),
        ("beta,,threshold", "several different ones"),
        ("weights=beta,threshold", "weights is taken"),
        ("state=beta,threshold", "state is taken"),
        ("beta,seed", "no param 'seed'"),
    ],
)
def test_a_bundle_that_is_none_is_refused(whole: pd.DataFrame, factor: str, reason: str) -> None:
    with pytest.raises(AnalysisError, match=reason):
        bundled(whole, [factor])
