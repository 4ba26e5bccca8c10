"""Agreement with other implementations, on committed runs.

The values of rliable 1.2.0 (numpy 2.4.6, pandas 2.3.3) and baycomp 1.0.3 (scipy 1.17.1) were
computed once, in an environment of their own: with our pandas, rliable cannot be imported.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import analysis
from analysis.data.runs import load_runs
from analysis.stats.compare import robust
from analysis.stats.compare.budgets import expected_best, expected_maximum
from analysis.stats.compare.posterior import posterior, posterior_of
from analysis.stats.compare.views import views
from analysis.stats.pairing.matching import Matching
from analysis.stats.pairing.pairs import Pairs

RESULTS = Path(analysis.__file__).parent / "results"


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    return load_runs([str(RESULTS / "published-fashion.parquet")])


@pytest.fixture(scope="module")
def pairs(runs: pd.DataFrame) -> Pairs:
    return Matching(runs[runs["preset"] == "default"]).pair("recurrent", "false", "true")


@pytest.fixture(scope="module")
def scores(pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    baseline = pairs.baselines.unstack("unit").to_numpy()
    return baseline, baseline + pairs.differences.unstack("unit").to_numpy()


def test_improvement_interquartile_mean_and_profile_are_those_of_rliable(
    scores: tuple[np.ndarray, np.ndarray],
) -> None:
    without, recurrent = scores
    assert without.shape == (3, 8)
    assert robust.probability_of_improvement(recurrent, without) == pytest.approx(2 / 3, abs=1e-9)
    found = [float(robust.interquartile_mean(each)) for each in scores]
    assert found == pytest.approx([0.8539666666666667, 0.8566249999999999], abs=1e-9)
    profile = robust.performance_profile(recurrent, np.array([0.83, 0.84, 0.85, 0.86, 0.87]))
    assert profile.tolist() == pytest.approx([1, 1, 0.5416666667, 0.5, 0.0833333333], abs=1e-9)


def test_their_intervals_are_those_of_rliable_up_to_chance(
    scores: tuple[np.ndarray, np.ndarray],
) -> None:
    without, recurrent = scores
    middle = robust.with_interval(robust.interquartile_mean, recurrent)
    assert middle[1:] == pytest.approx((0.85508333, 0.857875), abs=2e-4)
    better = robust.with_interval(robust.probability_of_improvement, recurrent, without)
    assert better[1:] == pytest.approx((0.5, 0.81944444), abs=0.03)


def test_the_posterior_is_that_of_baycomp() -> None:
    confirmed = [f"best/{name}-fashion-confirm.parquet" for name in ("best", "best-mlp")]
    runs = load_runs([str(RESULTS / name) for name in confirmed])
    small = runs[runs["hidden"].astype(str) == "100"]
    differences = Matching(small, tuned=True).pair("dynamics", "alif", "mlp").units
    for margin, expected in (
        (0.005, (0.1013269168569223, 0.8961613075452854, 0.002511775597792254)),
        (0.002, (0.7130909173570137, 0.27396013148781184, 0.01294895115517447)),
    ):
        found = posterior(differences, tested=1 / 5).probabilities(margin)
        assert tuple(found) == pytest.approx(expected, abs=1e-6)


def test_of_independent_differences_the_posterior_is_that_of_the_t_test() -> None:
    differences = np.random.default_rng(1).normal(0.3, 1, 12)
    lower, _, higher = posterior(differences).probabilities(0.0)
    p = stats.ttest_1samp(differences, 0, alternative="greater").pvalue
    assert (lower, higher) == pytest.approx((p, 1 - p))


def test_shared_seeds_widen_the_posterior(runs: pd.DataFrame) -> None:
    size = Matching(runs[runs["preset"] == "default"]).pair("hidden", "100", "200")
    assert size.evidence.shared is not None
    assert posterior_of(size.evidence).error > posterior(size.units).error


def test_the_expected_best_is_that_of_all_draws() -> None:
    values = np.array([0.7, 0.9, 0.8, 0.8])
    expected, deviation = expected_maximum(values, [1, 2, 3])
    for place, budget in enumerate((1, 2, 3)):
        best = [max(draw) for draw in product(values, repeat=budget)]
        assert expected[place] == pytest.approx(np.mean(best))
        assert deviation[place] == pytest.approx(np.std(best))


def test_the_expected_best_of_a_search_grows_to_its_best() -> None:
    table = expected_best(load_runs([str(RESULTS / "best" / "best-fashion.parquet")]))
    done = load_runs([str(RESULTS / "best" / "best-fashion.parquet")])
    best = done.loc[done["state"] == "done", "best_val_accuracy"]
    assert table["expected"].iloc[0] == pytest.approx(best.mean())
    assert best.mean() < table["expected"].iloc[-1] < best.max()


def test_the_views_are_those_of_every_comparison(
    runs: pd.DataFrame, scores: tuple[np.ndarray, np.ndarray]
) -> None:
    table = views(runs, ["recurrent"], within=["preset"]).set_index("group")
    row = table.loc["default preset"]
    assert row["improvement"] == pytest.approx(2 / 3)
    middle = [float(robust.interquartile_mean(each)) for each in scores]
    assert row[["iqm_baseline", "iqm_level"]].tolist() == pytest.approx(middle)
    assert row["p_lower"] + row["p_within"] + row["p_higher"] == pytest.approx(1)
