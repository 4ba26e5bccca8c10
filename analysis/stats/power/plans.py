"""How many runs decide a question with a power of 80 %.

The mean of U configurations with S shared seeds has the variance

    v(U, S) = σ_a²/U + σ_b²/S + σ_e²/(U·S)

(see `analysis.stats.chance.shared_seeds`). A test decides if mean − bound exceeds t_q(f)·√v; of a
true distance d to the bound that happens with the probability of the non-central t distribution

    P(T > t_q(f)),        T ~ t(f, d/√v)

An interval that is as narrow as the distance decides only every second time. Whether the plan holds
depends on the spread and the distance, both taken from the runs that there are.

Source: Cohen, "Statistical power analysis for the behavioral sciences", 1988.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

POWER = 0.8
MOST_UNITS = 10_000
"""No plan for more of them is of use."""

Counts = NDArray[np.float64]


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

    def variance(self, n_units: Counts, n_seeds: Counts) -> Counts:
        """Of the mean of so many."""
        return self.units / n_units + self.seeds / n_seeds + self.rest / (n_units * n_seeds)

    def freedom(self, n_units: Counts, n_seeds: Counts) -> Counts:
        """The degrees of freedom that its estimate will have (Satterthwaite)."""
        of_rest = self.rest / (n_units * n_seeds)
        of_units, of_seeds = self.units / n_units + of_rest, self.seeds / n_seeds
        if not self.seeds:
            return np.maximum(n_units, 2) - 1
        spread = of_units**2 / (n_units - 1) + (of_seeds + of_rest) ** 2 / (n_seeds - 1)
        spread += of_rest**2 / ((n_units - 1) * (n_seeds - 1))
        fewest = np.minimum(n_units, n_seeds) - 1
        return np.asarray(np.maximum(fewest, self.variance(n_units, n_seeds) ** 2 / spread))


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


def power(chance: Chance, goal: Goal, n_units: Counts, n_seeds: Counts) -> Counts:
    """How often a test decides, for numbers of configurations and of seeds."""
    error, freedom = np.sqrt(chance.variance(n_units, n_seeds)), chance.freedom(n_units, n_seeds)
    bound = stats.t.isf(goal.tail, freedom)
    failed = np.zeros_like(error)
    for distance in goal.distances:
        with np.errstate(all="ignore"):
            reached = stats.nct.sf(bound, freedom, np.minimum(distance / error, 1e3))
        # Far from the bound scipy's distribution has no value: there all or nothing is decided.
        failed += 1 - np.where(np.isfinite(reached), reached, distance / error > bound)
    return np.asarray(np.clip(1 - failed, 0, 1))


def seeds_needed(chance: Chance, goal: Goal) -> int | None:
    """Seeds of these configurations in all; None: no number does, or over 10,000.

    Of a single configuration, its seeds are the units.
    """
    if chance.n_units == 1:
        return None
    return _first(lambda n: power(chance, goal, np.full_like(n, chance.n_units), n), chance.n_seeds)


def units_needed(chance: Chance, goal: Goal) -> int | None:
    """Configurations with these seeds in all; None: no number does, or over 10,000."""
    return _first(lambda n: power(chance, goal, n, np.full_like(n, chance.n_seeds)), chance.n_units)


def both_needed(chance: Chance, goal: Goal) -> tuple[int, int] | None:
    """Configurations and seeds in all, of the fewest runs; for where neither alone is enough."""
    sides = [np.unique(np.geomspace(n, 100 * n, 200).astype(int)) for n in _have(chance)]
    n_units, n_seeds = np.meshgrid(*(side.astype(np.float64) for side in sides))
    runs = np.where(power(chance, goal, n_units, n_seeds) >= POWER, n_units * n_seeds, np.inf)
    best = int(runs.argmin())
    if not np.isfinite(runs.flat[best]) or n_units.flat[best] > MOST_UNITS:
        return None
    return int(n_units.flat[best]), int(n_seeds.flat[best])


def _have(chance: Chance) -> tuple[int, int]:
    return max(chance.n_units, 2), max(chance.n_seeds, 2)


def _first(reached: Callable[[Counts], Counts], have: int) -> int | None:
    """The first number from `have` on that reaches the power; above 100 to about 2 %."""
    counts = np.unique(np.geomspace(max(have, 2), MOST_UNITS, 400).astype(int))
    near = np.arange(max(have, 2), max(have, 2) + 100)
    counts = np.unique(np.concatenate([near, counts])).astype(np.float64)
    enough = reached(counts) >= POWER
    return int(counts[enough.argmax()]) if enough.any() else None
