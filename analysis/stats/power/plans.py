"""How many runs decide a question with a power of 80 %.

The mean of U configurations with S shared seeds has the variance

    v(U, S) = σ_a²/U + σ_b²/S + σ_e²/(U·S)

(see `analysis.stats.chance.shared_seeds`). A test decides if mean − bound exceeds t_q(f)·√v̂. The
mean does not depend on v̂ and f, which come from mean squares, each a multiple of χ²; so the power
for a true distance d to the bound is

    E[ Φ((d − t_q(f)·√v̂) / √v) ],        over 512 draws of the mean squares

An interval that is as narrow as the distance decides only every second time. Whether the plan holds
depends on the spread and the distance, both taken from the runs that there are.

Source: Cohen, "Statistical power analysis for the behavioral sciences", 1988; the model is that of
the test itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import chdtri, ndtr

from analysis.stats.chance.shared_seeds import FEWEST_SEEDS

POWER = 0.8
MOST_UNITS = 10_000
"""No plan for more of them is of use."""

_DRAWS = 512
Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Chance:
    """The variances of a paired difference, and how many there are.

    Attributes:
        units: σ_a², between configurations.
        seeds: σ_b², between seeds, in all configurations alike.
        rest: σ_e², of a single pair.
        n_units: Configurations that there are.
        n_seeds: Seeds that there are.
    """

    units: float
    seeds: float
    rest: float
    n_units: int
    n_seeds: int

    def variance(self, n_units: int, n_seeds: int) -> float:
        """Of the mean of so many."""
        return self.units / n_units + self.seeds / n_seeds + self.rest / (n_units * n_seeds)

    def estimates(self, n_units: int, n_seeds: int) -> tuple[Values, Values]:
        """Draws of what the test will take for this variance, and of its degrees of freedom."""
        runs, of_units = n_units * n_seeds, n_units - 1
        between = (self.rest + n_seeds * self.units) * _mean_square(0, of_units) / runs
        if n_seeds < FEWEST_SEEDS:
            return between, np.full(_DRAWS, float(of_units))
        of_seeds, of_rest = n_seeds - 1, (n_units - 1) * (n_seeds - 1)
        seeds = (self.rest + n_units * self.seeds) * _mean_square(1, of_seeds) / runs
        rest = self.rest * _mean_square(2, of_rest) / runs
        variance = between + np.maximum(0, seeds - rest)
        spread = between**2 / of_units + seeds**2 / of_seeds + rest**2 / of_rest
        freedom = np.maximum(min(of_units, of_seeds), variance**2 / np.maximum(spread, 1e-300))
        return variance, np.where(seeds > rest, freedom, of_units)


@dataclass(frozen=True)
class Goal:
    """What is to be shown.

    Attributes:
        distances: From the true mean to each bound that it must be shown to be beyond: one for
            "above zero", two for "within the margin".
        tail: The one-sided p-value that decides.
    """

    distances: tuple[float, ...]
    tail: float


def different(distance: float, level: float) -> Goal:
    """A difference of this size is to be told from none by a two-sided test."""
    return Goal((distance,), level / 2)


def beyond(distance: float, level: float) -> Goal:
    """The mean is to be shown to be beyond a bound by a one-sided test."""
    return Goal((distance,), level)


def within(mean: float, margin: float, level: float) -> Goal:
    """The mean is to be shown to be within a margin by two one-sided tests."""
    return Goal((margin - mean, margin + mean), level)


def power(chance: Chance, goal: Goal, n_units: int, n_seeds: int) -> float:
    """How often a test decides with so many configurations and seeds."""
    error = np.sqrt(chance.variance(n_units, n_seeds))
    if not error:
        return float(min(goal.distances) > 0)
    variance, freedom = chance.estimates(n_units, n_seeds)
    reach = stats.t.isf(goal.tail, freedom) * np.sqrt(variance)
    failed = sum(ndtr((reach - distance) / error) for distance in goal.distances)
    return float(np.maximum(0, 1 - failed).mean())


def seeds_needed(chance: Chance, goal: Goal) -> int | None:
    """Seeds of these configurations in all; None: no number does, or over 10,000."""
    return _first(lambda n: power(chance, goal, max(2, chance.n_units), n), chance.n_seeds)


def units_needed(chance: Chance, goal: Goal) -> int | None:
    """Configurations with these seeds in all; None: no number does, or over 10,000."""
    return _first(lambda n: power(chance, goal, n, chance.n_seeds), max(2, chance.n_units))


def both_needed(chance: Chance, goal: Goal) -> tuple[int, int] | None:
    """Configurations and seeds in all, of the fewest runs; for where neither alone is enough."""
    found = []
    for n_seeds in np.unique(np.geomspace(chance.n_seeds, 60 * chance.n_seeds, 25).astype(int)):
        seeds = int(n_seeds)
        units = _first(partial(power, chance, goal, n_seeds=seeds), max(2, chance.n_units))
        if units is not None:
            found.append((units * seeds, units, seeds))
    return min(found)[1:] if found else None


def _first(reached: Callable[[int], float], have: int) -> int | None:
    """The first number from `have` on that reaches the power, which grows with it."""
    low, high = have - 1, have
    while reached(high) < POWER:
        if high >= MOST_UNITS:
            return None
        low, high = high, min(2 * high, MOST_UNITS)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) >= POWER else (middle, high)
    return high


def _mean_square(which: int, freedom: int) -> Values:
    """Draws of χ²/f, always the same, so that a power does not jump from number to number."""
    return np.asarray(chdtri(freedom, _uniform()[:, which]) / freedom)


@cache
def _uniform() -> Values:
    return np.asarray(stats.qmc.Halton(3, rng=np.random.default_rng(0)).random(_DRAWS))
