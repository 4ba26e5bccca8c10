"""Bayesian comparison with a region of practical equivalence.

With a flat prior, the mean difference has the posterior distribution

    t(f) · error + mean

of the test's own degrees of freedom and error; of n independent differences these are n − 1 and
s·√(1/n). Differences of the folds of a cross-validation share their training images; Nadeau and
Bengio's correction for it is s·√(1/n + ρ/(1 − ρ)), with the share ρ of the images that are tested.

Source: Benavoli, Corani, Demšar & Zaffalon, "Time for a change", JMLR 18, 2017.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from scipy import stats

from analysis.stats.chance.evidence import Evidence
from analysis.stats.inference import Differences


class Probabilities(NamedTuple):
    """That the mean difference is below, within and above the region; their sum is 1."""

    lower: float
    equivalent: float
    higher: float


@dataclass(frozen=True)
class Posterior:
    """Of a mean difference.

    Attributes:
        mean: Of the differences.
        error: Scale of the t distribution.
        freedom: Its degrees of freedom.
    """

    mean: float
    error: float
    freedom: float

    def probabilities(self, margin: float) -> Probabilities:
        """That the difference is below −margin, within ±margin, above margin."""
        if not self.error:
            lower, higher = float(self.mean < -margin), float(self.mean > margin)
        else:
            lower = float(stats.t.cdf(-margin, self.freedom, self.mean, self.error))
            higher = float(stats.t.sf(margin, self.freedom, self.mean, self.error))
        return Probabilities(lower, 1 - lower - higher, higher)


def posterior(differences: Differences, tested: float = 0.0) -> Posterior:
    """The posterior of the mean of differences.

    Args:
        differences: One per unit, or per fold.
        tested: ρ, the share of the images that a fold tests; 0 for independent differences.
    """
    n = len(differences)
    spread = float(differences.std(ddof=1))
    return Posterior(
        float(differences.mean()), spread * math.sqrt(1 / n + tested / (1 - tested)), n - 1
    )


def posterior_of(found: Evidence) -> Posterior:
    """The same with the chance of shared seeds, where it matters."""
    if found.shared:
        return Posterior(found.shared.mean, found.shared.error, found.shared.freedom)
    return posterior(found.units)
