"""Confidence intervals of means over seeds."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

CONFIDENCE = 0.95
_FEW, _ENOUGH = 3, 5


def half_width(std: pd.Series[float], n: pd.Series[int]) -> pd.Series[float]:
    """Half the width of the 95 % t interval of a mean, row by row; NaN where n is 1.

    Args:
        std: Sample standard deviations.
        n: Numbers of values.

    Source: Student, "The probable error of a mean", 1908; for normally distributed values.
    """
    from scipy.special import stdtrit  # scipy.stats takes ten times as long to import

    several = n.where(n > 1).astype("float64")  # there is no t distribution of 0 degrees
    quantile = stdtrit(several - 1, (1 + CONFIDENCE) / 2)
    return pd.Series(quantile * std.astype("float64") / np.sqrt(several), index=std.index)


def few_units(n: int, what: str) -> list[str]:
    """That an interval of two or three values tells little, and what more of them would change.

    >>> few_units(2, "seeds")
    ['With 2 seeds an interval is wide: 9.0 standard deviations to each side; with 5 it is 1.2.']
    >>> few_units(4, "seeds")
    []

    Args:
        n: How many there are; of one, there is no interval over them.
        what: They are, in the plural.
    """
    if not 2 <= n <= _FEW:
        return []
    return [
        f"With {n} {what} an interval is wide: {_reach(n):.1f} standard deviations to each side; "
        f"with {_ENOUGH} it is {_reach(_ENOUGH):.1f}."
    ]


def _reach(n: int) -> float:
    """Half the width of the t interval of n values, in their standard deviations."""
    from scipy.special import stdtrit

    return float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) / math.sqrt(n)
