"""The best validation result to expect from a random search of a budget.

Of N configurations that were drawn at random and gave the values v_(1) ≤ … ≤ v_(N), the best of n
draws (with replacement) is expected to be

    Σ_i v_(i) · [(i/N)^n − ((i − 1)/N)^n]

So two methods are compared at the same budget, instead of by the luck of the longer search. Of a
search that learns from its results the draws are not independent: the curve is then a description.

Source: Dodge, Gururangan, Card, Schwartz & Smith, "Show your work: improved reporting of
experimental results", EMNLP 2019; the deviation is of the same distribution.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.data.groups import CHOSEN_BY, group_runs

COLUMNS = ("budget", "expected", "deviation")


def expected_best(runs: pd.DataFrame, metric: str = CHOSEN_BY) -> pd.DataFrame:
    """One row per budget, from one configuration to all of the search.

    Columns: `budget`, configurations; `expected`, the best mean over seeds that so many are
    expected to have; `deviation`, its standard deviation. Both in units of the metric.

    >>> runs = load_runs([committed("best/best-fashion")])
    >>> table = expected_best(runs)
    >>> bool(table["expected"].is_monotonic_increasing)
    True

    Args:
        runs: As `load_runs` gives them, of a search.
        metric: Of which more is better.

    Raises:
        AnalysisError: None is done, or one lacks the metric.
    """
    values = group_runs(runs, [metric])[f"{metric}_mean"].to_numpy(np.float64)
    expected, deviation = expected_maximum(values, range(1, len(values) + 1))
    columns = (np.arange(1, len(values) + 1), expected, deviation)
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def expected_maximum(
    values: NDArray[np.float64], budgets: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean and the deviation of the greatest of n draws, for every n."""
    ordered, n = np.sort(values), np.asarray(budgets)[:, None]
    below = np.arange(len(values) + 1) / len(values)
    chance = np.diff(below**n, axis=1)
    mean = chance @ ordered
    centred = (ordered - mean[:, None]) ** 2
    return mean, np.sqrt((chance * centred).sum(axis=1))
