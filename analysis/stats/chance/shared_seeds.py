"""The mean of differences whose seeds are shared by the configurations, and its uncertainty.

All configurations of a grid are run with the same seeds. A seed (its split, its order of images)
may favour one level of a factor in all of them, so the means of configurations are not independent.
The difference of configuration u with seed s is

    D[u, s] = μ + a[u] + b[s] + e[u, s],        with variances σ_a², σ_b², σ_e²

With the mean squares between units M_a, between seeds within units M_b and of the rest M_e, the
variance of the mean is estimated by

    v = var(means of units) / U + max(0, c·(M_b − M_e)),    c = 1 / (U·S) if no run is missing

with Satterthwaite's degrees of freedom, at least the fewest of its parts: with less, intervals are
wider and cover no more (`tests.analysis_tests.simulations`). Where M_b ≤ M_e, the seeds add nothing
to v, and the units are taken for independent. With fewer than three seeds, σ_b² cannot be told from
chance.

Source: Searle, Casella & McCulloch, "Variance components", 1992, chapter 5 (Henderson's method 3,
which takes missing runs into account); Satterthwaite 1946.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.stats.inference import CONFIDENCE

TEST = "shared seeds"
FEWEST_SEEDS = 3


@dataclass(frozen=True, kw_only=True)
class SharedSeeds:
    """A mean over configurations and seeds that they share.

    Attributes:
        mean: Of the means of the configurations.
        error: Its standard error.
        freedom: Degrees of freedom of t.
        units: σ_a², the variance of the difference between configurations.
        seeds: σ_b², that between seeds, in all configurations alike.
        rest: σ_e², that of a single pair.
    """

    mean: float
    error: float
    freedom: float
    units: float
    seeds: float
    rest: float

    @property
    def matters(self) -> bool:
        """Whether the seeds add to the uncertainty."""
        return self.seeds > 0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the mean."""
        half_width = float(stats.t.ppf(0.5 + CONFIDENCE / 2, self.freedom)) * self.error
        return self.mean - half_width, self.mean + half_width

    def greater_p(self, bound: float) -> float:
        """The p-value of "the mean is at most `bound`"."""
        return float(stats.t.sf((self.mean - bound) / self.error, self.freedom))

    @property
    def difference_p(self) -> float:
        """The p-value of "the mean is zero"."""
        return float(2 * stats.t.sf(abs(self.mean) / self.error, self.freedom))

    def equivalence_p(self, margin: float) -> float:
        """The p-value of "the mean is at least `margin` from zero": two one-sided t-tests."""
        return float(stats.t.sf((margin - abs(self.mean)) / self.error, self.freedom))


def shared_seeds(differences: pd.Series[float]) -> SharedSeeds | None:
    """What is known of the mean; None where shared seeds cannot be told from chance.

    That is so for one configuration, for fewer than three seeds, and where the configurations have
    too few seeds in common.

    Args:
        differences: Indexed by `unit` and `seed`, a row per pair.
    """
    unit, _ = pd.factorize(differences.index.get_level_values("unit"))
    seed, _ = pd.factorize(differences.index.get_level_values("seed"))
    values: NDArray[np.float64] = np.asarray(differences, dtype=np.float64)
    n, n_units, n_seeds = len(values), int(unit.max()) + 1, int(seed.max()) + 1
    if n_units < 2 or n_seeds < FEWEST_SEEDS:
        return None
    within = np.column_stack([values, np.eye(n_seeds)[seed]])
    within = within - _means(within, unit)[unit]  # what is left beside the units
    left, dummies = within[:, 0], within[:, 1:]
    fit, _, rank, _ = np.linalg.lstsq(dummies, left, rcond=1e-9)
    rest_freedom = n - n_units - int(rank)
    if rank < FEWEST_SEEDS - 1 or rest_freedom < 1:
        return None
    explained = float((dummies @ fit) @ left)
    of_seeds = explained / rank
    rest = max(0.0, float(left @ left) - explained) / rest_freedom
    # E[explained] = tr(Z'Z)·σ_b² + rank·σ_e²
    seeds = max(0.0, (of_seeds - rest) * rank / float((dummies**2).sum()))
    counts = np.bincount(unit)
    weights = np.bincount(seed, 1 / counts[unit]) / n_units  # of every seed in the mean
    return _combined(
        _means(values[:, None], unit)[:, 0],
        (seeds, of_seeds, int(rank)),
        (rest, rest_freedom),
        share=float((weights**2).sum()),
        of_rest=float((1 / counts).mean()),
    )


def _combined(
    units: NDArray[np.float64],
    seeds: tuple[float, float, int],
    rest: tuple[float, int],
    *,
    share: float,
    of_rest: float,
) -> SharedSeeds:
    """The standard error of the mean from its parts, with its degrees of freedom."""
    component, square, freedom = seeds
    of_units = float(units.var(ddof=1)) / len(units)
    variance = of_units + share * component
    parts = [(of_units, len(units) - 1)]
    if component > 0:
        scale = share * component / (square - rest[0])
        parts += [(scale * square, freedom), (scale * rest[0], rest[1])]
    spread = sum(part**2 / n for part, n in parts)
    fewest = min(n for _, n in parts)
    return SharedSeeds(
        mean=float(units.mean()),
        error=float(np.sqrt(variance)),
        freedom=float(max(fewest, variance**2 / spread)) if spread else float(fewest),
        units=max(0.0, float(units.var(ddof=1)) - of_rest * rest[0]),
        seeds=float(component),
        rest=rest[0],
    )


def _means(values: NDArray[np.float64], group: NDArray[np.intp]) -> NDArray[np.float64]:
    """The mean of every column in every group."""
    total = np.zeros((int(group.max()) + 1, values.shape[1]))
    np.add.at(total, group, values)
    return total / np.bincount(group)[:, None]
