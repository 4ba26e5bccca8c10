"""Variance components of shared seeds, against their textbook form and statsmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.stats.chance.shared_seeds import shared_seeds


def _series(values: np.ndarray) -> pd.Series:
    index = pd.MultiIndex.from_product([range(n) for n in values.shape], names=["unit", "seed"])
    return pd.Series(values.ravel(), index, name="difference")


@pytest.fixture
def values() -> np.ndarray:
    generator = np.random.default_rng(3)
    return generator.normal(size=(6, 4)) + generator.normal(size=(1, 4)) + 2


def test_without_gaps_it_is_the_sum_of_mean_squares(values: np.ndarray) -> None:
    n_units, n_seeds = values.shape
    mean, units, seeds = values.mean(), values.mean(axis=1), values.mean(axis=0)
    rest = ((values - units[:, None] - seeds + mean) ** 2).sum() / ((n_units - 1) * (n_seeds - 1))
    a, b = n_seeds * units.var(ddof=1), n_units * seeds.var(ddof=1)
    found = shared_seeds(_series(values))
    assert found is not None
    assert found.matters
    assert found.mean == pytest.approx(mean)
    assert found.error**2 == pytest.approx((a + b - rest) / values.size)
    parts = a**2 / 5 + b**2 / 3 + rest**2 / 15
    assert found.freedom == pytest.approx(max(3, (a + b - rest) ** 2 / parts))
    assert (found.seeds, found.rest) == pytest.approx(((b - rest) / n_units, rest))


def test_with_gaps_the_residual_is_that_of_least_squares(values: np.ndarray) -> None:
    from statsmodels.formula.api import ols

    some = _series(values).drop([(0, 1), (2, 3), (5, 0)])
    frame = some.reset_index()
    both = ols("difference ~ C(unit) + C(seed)", frame).fit()
    found = shared_seeds(some)
    assert found is not None
    assert found.rest == pytest.approx(both.mse_resid)
    explained = ols("difference ~ C(unit)", frame).fit().ssr - both.ssr
    dummies = pd.get_dummies(frame["seed"]).astype(float)
    within = dummies - dummies.groupby(frame["unit"]).transform("mean")
    expected = (explained - 3 * both.mse_resid) / float((within**2).to_numpy().sum())
    assert found.seeds == pytest.approx(max(0.0, expected))


def test_seeds_that_add_nothing_change_nothing(values: np.ndarray) -> None:
    level = values - values.mean(axis=0)  # all seeds alike
    found = shared_seeds(_series(level))
    assert found is not None
    assert not found.matters
    units = level.mean(axis=1)
    assert found.error == pytest.approx(units.std(ddof=1) / np.sqrt(6))
    assert found.freedom == 5


def test_too_few_seeds_or_units_tell_nothing(values: np.ndarray) -> None:
    assert shared_seeds(_series(values[:, :2])) is None
    assert shared_seeds(_series(values[:1])) is None
    own = _series(values).reset_index()
    own["seed"] += 10 * own["unit"]  # no seed in common
    assert shared_seeds(own.set_index(["unit", "seed"])["difference"]) is None
