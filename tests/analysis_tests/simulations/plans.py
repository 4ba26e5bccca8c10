"""Whether a plan decides as often as it says, and what looking again and again costs."""

from __future__ import annotations

import numpy as np

from analysis.stats.design.looks import level
from analysis.stats.power.plans import (
    Chance,
    Goal,
    different,
    seeds_needed,
    units_needed,
    within,
)
from tests.analysis_tests.simulations.cases import CASES, RUN_STD, Case
from tests.analysis_tests.simulations.coverage import evidence_of

MARGIN = 0.005
PLANS = (
    (CASES[0], 0.005, False),
    (CASES[0], 0.008, False),
    (CASES[0], 0.0, False),
    (CASES[0], 0.008, True),
    (CASES[4], 0.01, True),
    (CASES[5], 0.008, True),
)
"""Chance, effect, and whether more seeds are planned or more configurations."""


def chance_of(case: Case, n: int, n_seeds: int) -> Chance:
    """The true variances."""
    unit = RUN_STD**2
    return Chance(
        units=case.spread**2 * unit,
        seeds=case.shared**2 * unit,
        rest=2 * unit,
        n_units=n,
        n_seeds=n_seeds,
    )


def decided(case: Case, goal: Goal, size: float, n: int, n_seeds: int, count: int) -> float:
    """How often so many configurations and seeds decide."""
    generator = np.random.default_rng(n * n_seeds)
    decisions = 0
    for _ in range(count):
        found = evidence_of(case.draw(generator, n, n_seeds, size))
        if len(goal.distances) == 1:
            decisions += found.difference_p(2 * goal.tail) < 2 * goal.tail
        else:
            decisions += found.equivalence_p(MARGIN) < goal.tail
    return decisions / count


def planned(case: Case, size: float, *, more_seeds: bool, count: int) -> tuple[int, float]:
    """The planned number of configurations, or of seeds, and how often it decides.

    A size below the margin is to be shown to be within it, another to be none at all.
    """
    n, n_seeds = (8, 2) if more_seeds else (2, 3)
    goal = within(size, MARGIN, 0.05) if abs(size) < MARGIN else different(size, 0.05)
    chance = chance_of(case, n, n_seeds)
    needed = (seeds_needed if more_seeds else units_needed)(chance, goal)
    assert needed is not None
    sizes = (n, needed) if more_seeds else (needed, n_seeds)
    return needed, decided(case, goal, size, *sizes, count)


def repeated(case: Case, count: int, *, corrected: bool, n: int = 8, most: int = 6) -> float:
    """How often a difference is found where there is none, with a seed more until it is.

    The first look is at two seeds of each configuration, the last at `most`.
    """
    generator = np.random.default_rng(5)
    found = 0
    for _ in range(count):
        whole = case.draw(generator, n, most)
        seeds = whole.index.get_level_values("seed")
        for last in range(2, most + 1):
            looks = tuple(n * have for have in range(2, last + 1))
            now = level(looks) if corrected else 0.05
            if evidence_of(whole[seeds < last]).difference_p(now) < now:
                found += 1
                break
    return found / count
