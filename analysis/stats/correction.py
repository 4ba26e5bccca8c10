"""Holm's correction of p-values for their number.

As `statsmodels.stats.multitest.multipletests` gives it, which collects all garbage of the process
at each call: in a report that took more time than all statistics.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt


def holm(p: Iterable[float]) -> npt.NDArray[np.float64]:
    """The corrected p-values, in the order of those given (Holm 1979)."""
    given = np.asarray(list(p), dtype=np.float64)
    order = np.argsort(given)
    stepped = given[order] * np.arange(len(given), 0, -1)
    corrected = np.empty_like(given)
    corrected[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return corrected
