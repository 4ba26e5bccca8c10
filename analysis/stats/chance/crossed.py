"""Inference on differences with two kinds of chance at once: seeds, and groups of the test set.

Every seed trains one network, and each network is tested on every speaker. So a lucky seed is lucky
for all speakers, and an easy speaker is easy for all seeds. Either alone as the sample gives
intervals that are too narrow. With the differences D of S seeds and G groups, and v_S and v_G the
squared standard errors of their mean over the means of seeds and of groups:

    t = mean(D) / √(v_S + v_G),    degrees of freedom (v_S + v_G)² / (v_S²/(S−1) + v_G²/(G−1))

t² is the minimum F′. It holds for other seeds and other speakers, and is on the safe side, as the
chance that is neither of seeds nor of groups is counted twice.

Source: Clark, "The language-as-fixed-effect fallacy", Journal of Verbal Learning and Verbal
Behavior 12, 1973; the degrees of freedom are Satterthwaite's (1946).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from analysis.stats.inference import CONFIDENCE, Differences, effect_size

TEST = "minimum F′"
_ROUNDING = 1e-12


class Crossed(NamedTuple):
    """A mean over seeds and groups.

    Attributes:
        mean: Of all differences.
        error: Its standard error.
        freedom: Degrees of freedom of t.
        size: Cohen's d of the groups.
    """

    mean: float
    error: float
    freedom: float
    size: float

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the mean."""
        half_width = float(stats.t.ppf(0.5 + CONFIDENCE / 2, self.freedom)) * self.error
        return self.mean - half_width, self.mean + half_width

    @property
    def difference_p(self) -> float:
        """The p-value of "the mean is zero"."""
        if not self.error:
            return float(self.mean == 0)
        return float(2 * stats.t.sf(abs(self.mean) / self.error, self.freedom))

    def equivalence_p(self, margin: float) -> float:
        """The p-value of "the mean is at least `margin` from zero": two one-sided t-tests."""
        if not self.error:
            return float(abs(self.mean) >= margin)
        return float(stats.t.sf((margin - abs(self.mean)) / self.error, self.freedom))


def crossed(differences: pd.Series[float]) -> Crossed:
    """The mean of differences and what is known of it.

    Args:
        differences: Indexed by `unit`, `seed` and `group`, of two seeds and two groups at least.
            Units are averaged: the statement holds for these configurations. Seeds without a
            difference in some group are left out.
    """
    of_both = differences.groupby(level=["seed", "group"]).mean().unstack("group").dropna()
    return crossed_table(of_both.to_numpy(np.float64))


def crossed_table(table: Differences) -> Crossed:
    """The mean of differences (S, G), and what is known of it; S and G are 2 or more."""
    by_seed, by_group = table.mean(axis=1), table.mean(axis=0)
    parts = [(_squared_error(each), len(each) - 1) for each in (by_seed, by_group)]
    total = sum(square for square, _ in parts)
    freedom = total**2 / sum(square**2 / n for square, n in parts) if total else 1.0
    return Crossed(float(table.mean()), float(np.sqrt(total)), freedom, effect_size(by_group))


def _squared_error(means: Differences) -> float:
    """Of the mean of these; 0 where they differ by rounding only."""
    spread = float(means.std(ddof=1))
    return spread**2 / len(means) if spread > _ROUNDING * float(abs(means).max()) else 0.0
