"""McNemar's test: do two networks differ on images of this kind?

Only the images count that one of them gets right and the other does not. If the networks are
equally good, each of these is as likely to be the one's as the other's. The statement holds for
these two networks, whatever their seeds, and for other images of the same kind.

Sources: McNemar, Psychometrika 12, 1947; the mid-p of Fagerland, Lydersen & Laake, BMC Medical
Research Methodology 13:91, 2013, which keeps its level and is less cautious than the exact test.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy import stats


class McNemar(NamedTuple):
    """What the test says.

    Attributes:
        exact: The two-sided p-value of the binomial distribution.
        mid: The mid-p-value.
        chi2: (|b − c| − 1)² / (b + c), with Edwards' correction; NaN where there is no such image.
        chi2_p: Its p-value; of many images only.
    """

    exact: float
    mid: float
    chi2: float
    chi2_p: float


def mcnemar(only_first: int, only_second: int) -> McNemar:
    """The test, from how many images only the one or only the other gets right."""
    apart = only_first + only_second
    if apart == 0:
        return McNemar(1.0, 1.0, math.nan, math.nan)
    fewer = min(only_first, only_second)
    below = 2 * float(stats.binom.cdf(fewer, apart, 0.5))
    chi2 = (abs(only_first - only_second) - 1) ** 2 / apart
    return McNemar(
        exact=min(1.0, below),
        mid=below - float(stats.binom.pmf(fewer, apart, 0.5)),
        chi2=chi2,
        chi2_p=float(stats.chi2.sf(chi2, 1)),
    )
