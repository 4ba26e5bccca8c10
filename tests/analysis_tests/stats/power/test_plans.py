"""Plans for further runs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.stats.power.plans import (
    Chance,
    beyond,
    both_needed,
    different,
    power,
    seeds_needed,
    units_needed,
    within,
)


def test_of_independent_units_it_is_the_power_of_the_t_test() -> None:
    chance = Chance(units=1.0, seeds=0.0, rest=0.0, n_units=5, n_seeds=1)
    for n, distance in ((8, 1.2), (20, 0.7), (60, 0.3)):
        shift = distance * np.sqrt(n)
        expected = stats.nct.sf(stats.t.isf(0.025, n - 1), n - 1, shift)
        assert power(chance, different(distance, 0.05), n, 1) == pytest.approx(expected, abs=0.005)
        assert power(chance, beyond(distance, 0.025), n, 1) == pytest.approx(expected, abs=0.005)


def test_the_plan_is_the_first_number_that_is_enough() -> None:
    chance = Chance(units=1.0, seeds=0.5, rest=2.0, n_units=8, n_seeds=3)
    goal = different(1.5, 0.05)
    seeds = seeds_needed(chance, goal)
    assert seeds is not None
    assert power(chance, goal, 8, seeds - 1) < 0.8 <= power(chance, goal, 8, seeds)
    assert units_needed(chance, different(0.5, 0.05)) is None  # three seeds leave their chance
    assert seeds_needed(chance, different(0.5, 0.05)) is None  # and eight configurations theirs
    found = both_needed(chance, different(0.5, 0.05))
    assert found is not None
    assert power(chance, different(0.5, 0.05), *found) >= 0.8


def test_equivalence_has_two_bounds() -> None:
    chance = Chance(units=1.0, seeds=0.0, rest=0.0, n_units=5, n_seeds=1)
    middle = power(chance, within(0.0, 1.0, 0.05), 12, 1)
    one_sided = power(chance, beyond(1.0, 0.05), 12, 1)
    assert middle == pytest.approx(2 * one_sided - 1, abs=0.01)
    assert power(chance, within(0.5, 1.0, 0.05), 12, 1) < middle
