"""Intervals of means."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.stats.intervals import half_width


@given(st.lists(st.floats(0, 1), min_size=2, max_size=12))
def test_it_is_the_t_interval_of_the_values(values: list[float]) -> None:
    std, n = pd.Series([np.std(values, ddof=1)]), pd.Series([len(values)])
    scale = max(float(std.iloc[0]), 1e-300) / math.sqrt(len(values))
    _, high = stats.t.interval(0.95, len(values) - 1, loc=0, scale=scale)
    assert half_width(std, n).iloc[0] == pytest.approx(high, abs=1e-12)


def test_one_value_has_none() -> None:
    widths = half_width(pd.Series([float("nan"), 1.0]), pd.Series([1, 2]))
    assert math.isnan(widths[0])
    assert widths[1] == pytest.approx(12.7062 / math.sqrt(2), abs=1e-4)
