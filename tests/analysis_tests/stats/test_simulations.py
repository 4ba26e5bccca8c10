"""The simulations of `tests.analysis_tests.simulations` at reduced size.

All bounds are for these random numbers, which are always the same. What the methods before gave is
named where it shows that a test can fail.
"""

from __future__ import annotations

import math

import pytest

from tests.analysis_tests.simulations import coverage, plans, searches
from tests.analysis_tests.simulations.cases import CASES

_BY_NAME = {case.name: case for case in CASES}
_COUNT = 50
RUINED = _BY_NAME["15 % of configurations ruined"]


@pytest.mark.parametrize("name", [case.name for case in CASES[:6]])
def test_the_interval_of_the_mean_covers_it(name: str) -> None:
    assert coverage.of_mean(_BY_NAME[name], 4, _COUNT) >= 0.92


@pytest.mark.parametrize(("n", "least"), [(8, 0.91), (16, 0.9)])
def test_seeds_that_all_configurations_share_are_counted(n: int, least: float) -> None:
    """Units alone as the sample cover 0.92, 0.87, 0.76 times at 4, 8, 16 configurations."""
    assert coverage.of_mean(_BY_NAME["shared seeds, ratio 0.5"], n, _COUNT) >= least


@pytest.mark.parametrize("name", ["normal", "lognormal runs"])
def test_a_factor_without_effect_has_one_in_at_most_6_percent(name: str) -> None:
    assert coverage.false_positives(_BY_NAME[name], 8, _COUNT) <= 0.06


def test_nor_has_one_whose_chance_the_seeds_share() -> None:
    """Sign flips of the units found one in a fourth of the cases."""
    case = _BY_NAME["shared seeds, ratio 0.5"]
    assert coverage.false_positives(case, 16, _COUNT) <= 0.08


def test_of_a_factor_that_ruins_some_networks_the_median_stands_beside_the_mean() -> None:
    assert coverage.of_mean(RUINED, 8, _COUNT) < 0.8  # no interval of the mean can do it
    assert coverage.of_mean_of_kinds(RUINED, 8, _COUNT) >= 0.9
    assert coverage.of_median(RUINED, 8, _COUNT) >= 0.9
    assert math.isnan(coverage.of_median(RUINED, 4, 2))


@pytest.mark.parametrize("n", [8, 40])
def test_no_verdict_is_given_against_the_median(n: int) -> None:
    """The mean is lower and the median higher: of 40, the mean alone found "lower" in 56 %."""
    assert coverage.false_verdicts(RUINED, n, _COUNT, size=0.01) <= 0.06


@pytest.mark.parametrize(("case", "size", "seeds"), plans.PLANS[2:4])
def test_a_plan_for_80_percent_decides_in_75_to_85(case, size: float, seeds: bool) -> None:
    """The interval that is as narrow as the distance decided in about half."""
    _, share = plans.planned(case, size, more_seeds=seeds, count=150)
    assert 0.75 <= share <= 0.85


def test_looking_again_and_again_is_paid_for() -> None:
    case = _BY_NAME["normal"]
    assert plans.repeated(case, _COUNT, corrected=False) > 0.08
    assert plans.repeated(case, _COUNT, corrected=True) <= 0.06


def test_a_pruned_search_would_find_differences_where_there_are_none() -> None:
    assert searches.false_positives(12) > 0.15
