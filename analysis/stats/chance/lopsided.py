"""The median beside the mean: a few configurations may differ far more than all others.

A factor that ruins some networks and hardly changes the others has a mean that no interval from few
configurations covers: where none of them is ruined, nothing tells of it. The median, the typical
difference, has an interval for every distribution, from order statistics:

    P(x_(k) ≤ median ≤ x_(n+1−k)) = 1 − 2·B(k − 1; n, 1/2),        B: binomial distribution function

interpolated between the two k whose intervals are just wider and just narrower than 95 %.

Source: Hettmansperger & Sheather, "Confidence intervals based on interpolated order statistics",
Statistics & Probability Letters 4, 1986; the share that can go unseen: Hanley & Lippman-Hand, "If
nothing goes wrong, is everything all right?", JAMA 249, 1983.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy import stats

from analysis.stats.inference import CONFIDENCE, Differences

SKEWED = "skewed"
"""The verdict where the mean and the median disagree, so that no other one is true of both."""

FEWEST_FOR_MEDIAN = 8
"""Of fewer, an interval of the median is as wide as all differences, or covers less than 95 %."""


class Median(NamedTuple):
    """The typical difference with its 95 % interval; all NaN for fewer than eight."""

    median: float = math.nan
    low: float = math.nan
    high: float = math.nan


def median(differences: Differences, widen: float = 1.0) -> Median:
    """The median of independent differences, and its interval, whatever their distribution.

    Args:
        differences: One per unit.
        widen: By how much shared seeds make the interval wider, as they do that of the mean.
    """
    n = len(differences)
    if n < FEWEST_FOR_MEDIAN:
        return Median()
    ordered = np.sort(differences)
    k, weight = _between(n)
    low = (1 - weight) * ordered[k - 1] + weight * ordered[k]
    high = (1 - weight) * ordered[n - k] + weight * ordered[n - k - 1]
    middle = float(np.median(ordered))
    return Median(
        middle, middle - widen * (middle - float(low)), middle + widen * (float(high) - middle)
    )


@cache
def _between(n: int) -> tuple[int, float]:
    """The k whose interval is just wider than 95 %, and the weight of the next one."""
    k = int(stats.binom.ppf((1 - CONFIDENCE) / 2, n, 0.5))
    wide, narrow = (1 - 2 * float(stats.binom.cdf(each - 1, n, 0.5)) for each in (k, k + 1))
    part = (wide - CONFIDENCE) / (wide - narrow)
    return k, (n - k) * part / (k + (n - 2 * k) * part)


def disagree(mean: float, middle: Median, region: tuple[float, float]) -> bool:
    """Whether the median contradicts what the mean says: that the difference is in a region.

    The mean is then outside the interval of the median, and this interval is not within the region.
    Of fewer than eight differences there is no median, and nothing contradicts.

    >>> disagree(-4.5, Median(0.1, -0.3, 0.4), (-math.inf, 0))
    True

    Args:
        mean: Of all differences.
        middle: Their median, with its interval.
        region: From and to, such as (0, ∞) for "higher".
    """
    if math.isnan(middle.median) or middle.low <= mean <= middle.high:
        return False
    return not region[0] < middle.low <= middle.high < region[1]


def share_unseen(n: int) -> float:
    """The greatest share of configurations of a kind of which, with 5 % chance, none is in n."""
    return float(1 - (1 - CONFIDENCE) ** (1 / n))
