"""What paired differences say of their mean: interval, tests, and which of them was used.

Units that are independent are resampled and flipped (`analysis.stats.inference`). Where the seeds
that they share add to the uncertainty, all is Student's t with the error of
`analysis.stats.chance.shared_seeds`.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.stats import inference
from analysis.stats.chance import shared_seeds
from analysis.stats.chance.shared_seeds import SharedSeeds
from analysis.stats.inference import Differences

SIGN_FLIPS, STUDENT = "sign flips", "Student's t"


@dataclass(frozen=True)
class Evidence:
    """Of one comparison.

    Attributes:
        units: The differences of the units, independent but for the seeds.
        shared: The error with the shared seeds; None where they add nothing, or cannot be told.
        told: Whether it could be told what the seeds add.
    """

    units: Differences
    shared: SharedSeeds | None = None
    told: bool = True

    @property
    def mean(self) -> float:
        """Of all units."""
        return float(self.units.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the mean."""
        return self.shared.interval if self.shared else inference.interval(self.units)

    @property
    def widening(self) -> float:
        """How much wider shared seeds make an interval."""
        if not self.shared:
            return 1.0
        low, high = self.shared.interval
        apart, after = inference.student_interval(self.units)
        return max(1.0, (high - low) / (after - apart)) if after > apart else 1.0

    def test(self, level: float) -> str:
        """How `difference_p` tests."""
        if self.shared:
            return shared_seeds.TEST
        return SIGN_FLIPS if inference.can_flip(len(self.units), level) else STUDENT

    def difference_p(self, level: float) -> float:
        """The p-value of "the mean is zero"; `level` as in `inference.difference_p`."""
        if self.shared:
            return self.shared.difference_p
        return inference.difference_p(self.units, level)

    def below_p(self, bound: float) -> float:
        """The p-value of "the mean is at least `bound`"."""
        if self.shared:
            return 1 - self.shared.greater_p(bound)
        return 1 - inference.greater_p(self.units, bound)

    def above_p(self, bound: float) -> float:
        """The p-value of "the mean is at most `bound`"."""
        return 1 - self.below_p(bound)

    def equivalence_p(self, margin: float) -> float:
        """The p-value of "the mean is at least `margin` from zero"."""
        if self.shared:
            return self.shared.equivalence_p(margin)
        return inference.equivalence_p(self.units, margin)


def evidence(differences: pd.Series[float], units: Differences, *, blocked: bool) -> Evidence:
    """What differences say of their mean.

    Args:
        differences: Indexed by `unit` and `seed`.
        units: Those that are independent, see `Pairs.units`.
        blocked: Blocks stand in place of the seeds, and are the units themselves.
    """
    one = differences.index.get_level_values("unit").nunique() == 1
    if blocked or one:  # the seeds, or the blocks, are the sample
        return Evidence(units)
    found = shared_seeds.shared_seeds(differences)
    if found is None:
        return Evidence(units, told=False)
    return Evidence(units, found if found.matters else None)
