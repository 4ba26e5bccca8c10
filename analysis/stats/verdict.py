"""The conclusion of a comparison, from its corrected p-values and its median."""

from __future__ import annotations

import math

from analysis.stats.chance.lopsided import SKEWED, Median, disagree
from analysis.stats.design.looks import ALPHA

HIGHER, LOWER, EQUIVALENT, UNDECIDED = "higher", "lower", "equivalent", "undecided"


def verdict(estimate: float, p: float, p_equivalence: float, margin: float, middle: Median) -> str:
    """The conclusion: higher, lower, equivalent or undecided; skewed if the median contradicts."""
    regions = {
        HIGHER: (0, math.inf),
        LOWER: (-math.inf, 0),
        EQUIVALENT: (-margin, margin),
        UNDECIDED: (math.inf, -math.inf),  # no median is there
    }
    found = UNDECIDED
    if p < ALPHA:
        found = HIGHER if estimate > 0 else LOWER
    elif p_equivalence < ALPHA:
        found = EQUIVALENT
    return SKEWED if disagree(estimate, middle, regions[found]) else found
