"""How often 95 % intervals cover the truth, and how often tests find what is not there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.stats.chance.evidence import Evidence, evidence
from analysis.stats.chance.lopsided import is_lopsided, median
from tests.analysis_tests.simulations.cases import Case


def evidence_of(differences: pd.Series[float]) -> Evidence:
    """As `effects` makes it."""
    units = differences.groupby(level="unit").mean().to_numpy(np.float64)
    return evidence(differences, units, blocked=False)


def of_mean(case: Case, n: int, count: int, n_seeds: int = 3) -> float:
    """The share of intervals that cover the mean."""
    generator = np.random.default_rng(n)
    covered = 0
    for _ in range(count):
        low, high = evidence_of(case.draw(generator, n, n_seeds)).interval
        covered += low <= case.mean <= high
    return covered / count


def of_median(case: Case, n: int, count: int) -> float:
    """The share of intervals that cover the median; NaN where there are none."""
    generator = np.random.default_rng(n)
    alone = replace(case, shared=0.0, missing=0.0)  # of many configurations without shared seeds
    truth = float(alone.draw(generator, 20_000).groupby(level="unit").mean().median())
    covered = []
    for _ in range(count):
        every = evidence_of(case.draw(generator, n))
        found = median(every.units, every.widening)
        covered.append(found.low <= truth <= found.high if found.low == found.low else np.nan)
    return float(np.mean(covered))


def told(case: Case, n: int, count: int) -> float:
    """How often the reader is shown the median beside the mean."""
    generator = np.random.default_rng(n)
    draws = (case.draw(generator, n).groupby(level="unit").mean() for _ in range(count))
    return sum(is_lopsided(units.to_numpy(np.float64)) for units in draws) / count


def false_positives(case: Case, n: int, count: int, n_seeds: int = 3) -> float:
    """How often a factor without any effect has one, at 5 %."""
    generator = np.random.default_rng(n)
    found = (evidence_of(case.draw(generator, n, n_seeds)) for _ in range(count))
    return sum(each.difference_p(0.05) < 0.05 for each in found) / count
