"""Effects of the factors, on runs whose truth is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analysis.data.committed import committed
from analysis.data.runs import load_runs
from analysis.errors import AnalysisError
from analysis.stats.chance.remarks import remarks
from analysis.stats.effects import effects
from analysis.stats.margins import Margin
from analysis.stats.pairing.matching import pair
from tests.analysis_tests.conftest import make_runs
from tests.analysis_tests.simulation import MARGIN, TRUTH, grid, outcomes, simulate


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    return outcomes(grid(), TRUTH, np.random.default_rng(2))


def test_intervals_cover_and_tests_keep_their_level() -> None:
    """At reduced size: the bounds are five standard errors around 95 % and 5 %."""
    count = 60
    shares = simulate(count, seed=5)
    of_tables, of_rows = (5 * np.sqrt(0.05 * 0.95 / n) for n in (count, 4 * count))
    assert 0.95 - of_rows < shares["coverage"]
    assert shares["false_positives"] < 0.05 + of_tables
    assert shares["false_equivalence"] < 0.05 + of_rows
    assert shares["power"] > 0.7


def test_an_effect_is_the_mean_difference_of_pairs_that_differ_in_nothing_else(
    runs: pd.DataFrame,
) -> None:
    table = effects(runs).set_index("factor")
    assert set(table.index) == set(TRUTH)
    wide = runs.pivot_table(
        values="test_accuracy",
        index=["dynamics", "encoding", "hidden", "seed"],
        columns="recurrent",
    )
    expected = (wide[True] - wide[False]).groupby(["dynamics", "encoding", "hidden"]).mean()
    row = table.loc["recurrent"]
    assert row["estimate"] == pytest.approx(expected.mean(), abs=1e-12)
    assert (row["baseline"], row["level"]) == ("false", "true")
    assert (row["n_configurations"], row["n_seeds"], row["n_pairs"]) == (8, 3, 24)
    assert row["p"] == pytest.approx(
        stats.permutation_test(
            (expected.to_numpy(),), np.mean, permutation_type="samples", n_resamples=np.inf
        ).pvalue,
        abs=1e-6,
    )
    assert row["low"] < row["estimate"] < row["high"]


def test_the_correction_is_that_of_holm_over_all_factors(runs: pd.DataFrame) -> None:
    table = effects(runs)
    expected = multipletests(table["p"], method="holm")[1]
    assert table["p_holm"].to_numpy() == pytest.approx(expected, abs=1e-12)


def test_a_margin_that_no_difference_of_accuracies_can_exceed_is_refused(
    runs: pd.DataFrame,
) -> None:
    with pytest.raises(AnalysisError, match=r"margin: 10 is no part of an accuracy.*10% a part of"):
        effects(runs, margin=10)


@pytest.mark.parametrize("text", ["0", "0%", "-1", "nan", "nan%", "half"])
def test_a_margin_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(AnalysisError, match="is neither a fraction above 0"):
        Margin.parse(text)


def test_no_large_p_is_taken_for_no_effect() -> None:
    none = dict.fromkeys(TRUTH, 0.0)
    noisy = effects(outcomes(grid(), none, np.random.default_rng(2)), margin=1e-4)
    assert set(noisy["verdict"]) == {"undecided"}
    wide = effects(outcomes(grid(), none, np.random.default_rng(2)), margin=5 * MARGIN)
    assert set(wide["verdict"]) == {"equivalent"}


def test_a_param_that_has_no_effect_at_one_level_is_not_asked_to_agree() -> None:
    rows = [
        {"group": "lif", "dynamics": "lif", "learn_beta": None, "test_accuracy": 0.90},
        {"group": "fix", "dynamics": "alif", "learn_beta": False, "test_accuracy": 0.92},
        {"group": "learnt", "dynamics": "alif", "learn_beta": True, "test_accuracy": 0.96},
    ]
    runs = make_runs([row | {"seed": seed} for row in rows for seed in range(3)])
    pairs = pair(runs, "dynamics", "lif", "alif")
    assert pairs.differences.tolist() == pytest.approx([0.04] * 3)  # to the mean of the two
    assert pairs.matched == 1


def test_a_default_that_goes_along_with_a_factor_is_named_and_not_held_against_it() -> None:
    rows = [
        {"group": f"{name}{hidden}", "dynamics": name, "threshold": threshold, "hidden": hidden}
        | {"test_accuracy": accuracy + hidden / 1e4, "seed": seed}
        for name, threshold, accuracy in (("lif", 1.0, 0.90), ("alif", 0.03, 0.92))
        for hidden in (100, 200)
        for seed in range(2)
    ]
    table = effects(make_runs(rows)).set_index("factor")
    assert set(table.index) == {"dynamics", "hidden"}
    assert table.loc["dynamics", "along"] == "threshold"
    assert table.loc["dynamics", "estimate"] == pytest.approx(0.02)
    assert table.loc["hidden", "along"] == ""


def leaders(dataset: str, hidden: int, dynamics: str, **tuned: float) -> list[dict[str, Any]]:
    """The leader of one search, confirmed with five seeds."""
    accuracies = np.random.default_rng([hidden, *dynamics.encode()]).normal(0.9, 0.01, 5)
    return [
        {"group": f"{dataset} {dynamics} {hidden}", "dataset": dataset, "dynamics": dynamics}
        | {"hidden": hidden, **tuned, "seed": seed, "test_accuracy": float(accuracy)}
        for seed, accuracy in enumerate(accuracies)
    ]


def test_what_an_effect_is_pooled_over_is_told_and_what_is_apart_is_not() -> None:
    found = load_runs([committed("published-mnist"), committed("published-fashion")])
    runs = found[(found["preset"] == "default") & (found["dynamics"] == "alif")]
    pooled = effects(runs, ["recurrent"])
    assert pooled.attrs["pooled"] == "Fashion-MNIST and MNIST"  # of 15 epochs all
    assert "Over runs of Fashion-MNIST and MNIST." in remarks(pooled)
    assert pooled.attrs["copies"] == (8, 4)
    assert any(line.startswith("Up to 8 configurations are 4 networks") for line in remarks(pooled))
    apart = effects(runs, ["recurrent"], within=["dataset"])
    assert apart.attrs["pooled"] == ""
    assert apart.attrs["copies"] is None


def test_tuned_levels_are_paired_by_seed_alone_and_what_was_tuned_is_named() -> None:
    spiking = leaders("mnist", 128, "lif", lr=1e-3, tau_mem=5.0)
    without = leaders("mnist", 128, "mlp", lr=2e-3)
    runs = make_runs([*spiking, *without, *leaders("mnist", 200, "lif", lr=3e-3, tau_mem=9.0)])
    with pytest.raises(AnalysisError, match="no two runs differ in it alone"):
        effects(runs, ["dynamics"])
    table = effects(runs, ["dynamics"], within=["hidden"], tuned=True)
    assert table["group"].tolist() == ["128 neurons"]  # 200 has nothing to be compared with
    row = table.iloc[0]
    differences = [
        b["test_accuracy"] - a["test_accuracy"] for a, b in zip(spiking, without, strict=True)
    ]
    expected = stats.ttest_1samp(differences, 0)
    assert row["estimate"] == pytest.approx(np.mean(differences))
    assert row["p"] == pytest.approx(expected.pvalue)
    assert tuple(row[["low", "high"]]) == pytest.approx(tuple(expected.confidence_interval()))
    assert set(row["along"].split(", ")) == {"lr", "tau_mem"}


def test_several_leaders_of_a_tuned_level_are_no_single_answer() -> None:
    both = [*leaders("mnist", 128, "lif", lr=1e-3), *leaders("mnist", 200, "lif", lr=3e-3)]
    runs = make_runs([*both, *leaders("mnist", 128, "mlp", lr=2e-3)])
    told = r"2 configurations have lif \(hidden, lr change\).*one: --within hidden --within lr"
    with pytest.raises(AnalysisError, match=told):
        effects(runs, ["dynamics"], tuned=True)


def test_tuned_levels_of_different_data_are_not_paired() -> None:
    runs = make_runs([*leaders("mnist", 128, "lif"), *leaders("fashion_mnist", 128, "mlp")])
    with pytest.raises(AnalysisError, match="no dataset in common"):
        effects(runs, ["dynamics"], tuned=True)


def test_several_levels_are_each_compared_with_the_baseline() -> None:
    rows = [
        {"group": f"{code}", "encoding": code, "test_accuracy": accuracy + seed / 1e3, "seed": seed}
        for code, accuracy in (("constant", 0.97), ("latency", 0.94), ("poisson", 0.95))
        for seed in range(3)
    ]
    table = effects(make_runs(rows))
    assert table["baseline"].tolist() == ["latency", "latency"]
    assert dict(zip(table["level"], table["estimate"].round(6), strict=True)) == {
        "constant": 0.03,
        "poisson": 0.01,
    }


def test_a_level_that_cannot_be_compared_does_not_hide_the_others() -> None:
    rows = [
        {"group": f"{code}", "encoding": code, "test_accuracy": 0.9 + seed / 1e3, "seed": seed}
        for code, seeds in (("constant", 3), ("latency", 3), ("poisson", 1))
        for seed in range(seeds)
    ]
    table = effects(make_runs(rows))
    assert table["level"].tolist() == ["constant"]
    assert "latency → poisson: one seed only" in table.attrs["refused"]["encoding"]


def _rows(seeds: int = 2, **changes: object) -> list[dict[str, object]]:
    return [
        {"group": f"{r}{h}", "recurrent": r, "hidden": h, "seed": seed}
        | {"test_accuracy": 0.9 + 0.01 * r + 0.001 * seed}
        | changes
        for r in (False, True)
        for h in (100, 200)
        for seed in range(seeds)
    ]


def test_one_seed_is_refused_with_the_reason() -> None:
    with pytest.raises(AnalysisError, match="recurrent: one seed only"):
        effects(make_runs(_rows(seeds=1)), ["recurrent"])


def test_runs_of_a_search_are_refused_as_no_designed_comparison() -> None:
    generator = np.random.default_rng(0)
    rows = [row | {"lr": generator.uniform()} for row in _rows()]
    with pytest.raises(AnalysisError, match=r"no pairs.*lr.*importance"):
        effects(make_runs(rows), ["recurrent"])
    half = [
        row | {"lr": 0.1 if number < 3 else generator.uniform()}
        for number, row in enumerate(sorted(_rows(4), key=lambda row: (row["hidden"], row["seed"])))
    ]
    with pytest.raises(AnalysisError, match=r"only .* have a partner"):
        effects(make_runs(half), ["recurrent"])


@pytest.mark.parametrize(
    ("factor", "reason"),
    [
        ("no_such", "no param 'no_such'"),
        ("seed", "seed is not a factor"),
        ("encoding", "all finished runs have the same"),
    ],
)
def test_what_cannot_be_compared_is_said(factor: str, reason: str) -> None:
    runs = make_runs(_rows(encoding="latency"))
    with pytest.raises(AnalysisError, match=reason):
        effects(runs, [factor])
    assert factor in effects(runs, ["recurrent", factor]).attrs["refused"]


def test_seeds_that_have_no_partner_are_left_out_and_counted() -> None:
    rows = _rows(3)
    runs = make_runs(rows)
    runs.loc[len(runs) - 1, "state"] = "failed"
    table = effects(runs, ["recurrent"])
    assert table["n_pairs"].tolist() == [5]
    assert table["matched"].tolist() == pytest.approx([10 / 11])
    assert table.attrs["left_out"] == {"failed": 1}


def test_effects_are_looked_at_apart_within_a_param_and_corrected_together() -> None:
    rows = [
        row | {"preset": preset, "group": f"{preset}{row['group']}"}
        for preset in ("default", "published")
        for row in _rows(3)
    ]
    runs = make_runs(rows)
    worse = (runs["preset"] == "published") & runs["recurrent"]
    runs["test_accuracy"] -= 0.5 * worse
    table = effects(runs, ["recurrent"], within=["preset"]).set_index("group")
    assert table["estimate"].round(6).to_dict() == {
        "default preset": 0.01,
        "published preset": -0.49,
    }
    apart = effects(runs[runs["preset"] == "default"], ["recurrent"])
    assert table.loc["default preset", "p"] == apart["p"].iloc[0]
    with pytest.raises(AnalysisError, match="no param 'no_such'; those that vary: "):
        effects(runs, within=["no_such"])
