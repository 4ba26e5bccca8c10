"""The median beside the mean."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.stats.chance.lopsided import Median, disagree, median, share_unseen

DIFFERENCES = st.lists(st.floats(-1, 1), min_size=8, max_size=20).map(np.array)


def test_the_interval_is_between_order_statistics() -> None:
    """For n = 10, [x2, x9] covers 97.9 % and [x3, x8] 89.1 %; weight by Hettmansperger & Sheather.

    Their weight of the narrow one is (n − k)·I / (k + (n − 2k)·I), I = 2.9 of 8.8 points.
    """
    values = np.arange(1.0, 11.0)
    share = (1 - 2 * 11 / 1024 - 0.95) / (2 * 45 / 1024)
    weight = 8 * share / (2 + 6 * share)
    assert median(values) == pytest.approx((5.5, 2 + weight, 9 - weight))


def test_below_eight_there_is_none() -> None:
    assert all(map(math.isnan, median(np.arange(7.0))))


@pytest.mark.parametrize(
    ("mean", "region", "told"),
    [
        (-4.5, (-math.inf, 0), True),  # a few are ruined: not lower, but for these
        (0.2, (0, math.inf), False),  # the median may be as the mean is
        (3.0, (-1, 1), False),  # far from the mean, but the same verdict
        (3.0, (0, math.inf), True),
    ],
)
def test_the_median_contradicts_where_it_is_elsewhere_and_says_something_else(
    mean: float, region: tuple[float, float], told: bool
) -> None:
    assert disagree(mean, Median(0.1, -0.3, 0.4), region) == told
    mirrored = (-region[1], -region[0])
    assert disagree(-mean, Median(-0.1, -0.4, 0.3), mirrored) == told


def test_without_a_median_nothing_contradicts() -> None:
    assert not disagree(-4.5, median(np.arange(7.0)), (-math.inf, 0))


@settings(max_examples=30)
@given(DIFFERENCES)
def test_it_is_mirrored_with_the_differences(differences: np.ndarray) -> None:
    middle, low, high = median(differences)
    assert median(-differences) == pytest.approx((-middle, -high, -low))
    assert low <= middle <= high


def test_the_share_that_goes_unseen_is_that_of_which_5_percent_see_nothing() -> None:
    assert (1 - share_unseen(8)) ** 8 == pytest.approx(0.05)
    assert share_unseen(4) == pytest.approx(0.527, abs=1e-3)
