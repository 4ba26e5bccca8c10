"""Statistics of independent differences, against other implementations of the same definitions."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.stats import inference
from analysis.stats.inference import Differences

DIFFERENCES = st.lists(
    st.floats(-1, 1).filter(lambda x: x == 0 or abs(x) > 1e-6), min_size=6, max_size=10
).map(np.array)


@pytest.fixture
def differences() -> Differences:
    return np.random.default_rng(3).normal(0.01, 0.02, 11)


def test_the_permutation_test_counts_all_sign_flips(differences: Differences) -> None:
    flips = np.array(list(itertools.product((-1, 1), repeat=len(differences))))
    means = abs((flips * differences).mean(axis=1))
    expected = float((means >= abs(differences.mean()) - 1e-12).mean())
    assert inference.difference_p(differences) == pytest.approx(expected, abs=1e-6)


def test_of_few_differences_p_and_interval_are_those_of_student() -> None:
    few = np.array([0.01, 0.03, 0.02, 0.05])
    expected = stats.ttest_1samp(few, 0)
    assert inference.difference_p(few) == pytest.approx(expected.pvalue, abs=1e-12)
    assert inference.interval(few) == pytest.approx(tuple(expected.confidence_interval(0.95)))


@pytest.mark.parametrize(
    ("n", "level", "flips"), [(6, 0.05, True), (8, 0.0125, True), (8, 0.005, False)]
)
def test_sign_flips_are_used_where_they_can_decide_and_students_test_elsewhere(
    n: int, level: float, flips: bool
) -> None:
    alike = np.linspace(0.1, 0.2, n)  # all of one sign: the smallest p that flips can give
    p = inference.difference_p(alike, level)
    assert p == pytest.approx(2 / 2**n if flips else stats.ttest_1samp(alike, 0).pvalue, rel=1e-9)
    assert p < level and inference.can_flip(n, level) == flips


@pytest.mark.filterwarnings("ignore")  # of the other package
def test_equivalence_and_effect_size_agree_with_pingouin(differences: Differences) -> None:
    import pingouin

    zeros = np.zeros_like(differences)
    tost = pingouin.tost(differences, zeros, bound=0.02, paired=True)
    p = inference.equivalence_p(differences, 0.02)
    assert p == pytest.approx(float(tost["pval"].iloc[0]), abs=1e-6)
    single = pingouin.ttest(differences, 0)
    size = abs(inference.effect_size(differences))
    assert size == pytest.approx(differences.mean() / np.std(differences, ddof=1), abs=1e-12)
    assert size == pytest.approx(float(single.filter(like="cohen").iloc[0, 0]), abs=5e-3)


def test_the_interval_is_the_studentised_bootstrap_of_scipy_s_t_statistics(
    differences: Differences,
) -> None:
    def quotient(sample: Differences, axis: int) -> Differences:
        error = sample.std(axis=axis, ddof=1) / math.sqrt(sample.shape[axis])
        return np.asarray((sample.mean(axis=axis) - differences.mean()) / error)

    drawn = stats.bootstrap(
        (differences,), quotient, n_resamples=200_000, method="percentile", rng=1
    ).bootstrap_distribution
    error = differences.std(ddof=1) / math.sqrt(len(differences))
    low, high = np.quantile(drawn, [0.025, 0.975])
    expected = (differences.mean() - high * error, differences.mean() - low * error)
    assert inference.interval(differences) == pytest.approx(expected, abs=0.1 * error)


@given(DIFFERENCES)
def test_the_mirrored_differences_tell_the_mirrored_story(differences: Differences) -> None:
    assert inference.difference_p(-differences) == pytest.approx(
        inference.difference_p(differences), abs=1e-9
    )
    assert inference.equivalence_p(-differences, 0.1) == pytest.approx(
        inference.equivalence_p(differences, 0.1), abs=1e-9
    )


@given(DIFFERENCES, st.floats(0.001, 1))
def test_a_wider_margin_is_easier_to_keep(differences: Differences, margin: float) -> None:
    narrow, wide = (inference.equivalence_p(differences, m) for m in (margin, 2 * margin))
    assert wide <= narrow + 1e-12


def test_differences_that_are_all_the_same_leave_no_doubt() -> None:
    same = np.full(8, 0.01)
    assert inference.interval(same) == pytest.approx((0.01, 0.01))
    assert inference.equivalence_p(same, 0.02) == 0
    assert inference.equivalence_p(same, 0.005) == 1
    assert inference.difference_p(np.zeros(8)) == 1
    assert math.isnan(inference.effect_size(same))


def test_the_same_differences_give_the_same_interval(differences: Differences) -> None:
    frame = pd.Series(differences).to_numpy()
    assert inference.interval(differences) == inference.interval(frame)
