"""How often 95 % intervals cover the truth, and how often tests find what is not there."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from analysis.stats.chance.evidence import Evidence, evidence
from analysis.stats.chance.lopsided import median
from analysis.stats.margins import MARGIN
from analysis.stats.verdict import EQUIVALENT, HIGHER, LOWER, verdict
from tests.analysis_tests.simulations.cases import COLLAPSED, Case


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
    generator, truth = np.random.default_rng(n), median_of(case)
    covered = []
    for _ in range(count):
        every = evidence_of(case.draw(generator, n))
        found = median(every.units, every.widening)
        covered.append(found.low <= truth <= found.high if found.low == found.low else np.nan)
    return float(np.mean(covered))


@cache
def median_of(case: Case) -> float:
    """The true median, by many configurations without shared seeds."""
    alone = replace(case, shared=0.0, missing=0.0)
    many = alone.draw(np.random.default_rng(0), 200_000)
    return float(many.groupby(level="unit").mean().median())


def of_mean_of_kinds(case: Case, n: int, count: int) -> float:
    """The share of intervals that cover the mean of the kinds of configurations that are there.

    If none of them is ruined, that is the mean of those that are not.
    """
    generator = np.random.default_rng(n)
    covered = 0
    for _ in range(count):
        found = evidence_of(case.draw(generator, n))
        ruined = case.collapse and bool((found.units < COLLAPSED / 2).any())
        low, high = found.interval
        covered += low <= (case.mean if ruined else 0.0) <= high
    return covered / count


def false_verdicts(case: Case, n: int, count: int, size: float = 0.0) -> float:
    """How often the verdict is false of the median, the typical configuration.

    Args:
        case: The differences.
        n: Configurations.
        count: Repetitions.
        size: Added to all differences.
    """
    generator = np.random.default_rng(n)
    truth = median_of(case) + size
    true = {HIGHER: truth > 0, LOWER: truth < 0, EQUIVALENT: abs(truth) < MARGIN}
    false = 0
    for _ in range(count):
        found = evidence_of(case.draw(generator, n, size=size))
        told = verdict(
            found.mean,
            found.difference_p(0.05),
            found.equivalence_p(MARGIN),
            MARGIN,
            median(found.units, found.widening),
        )
        false += not true.get(told, True)
    return false / count


def false_positives(case: Case, n: int, count: int, n_seeds: int = 3) -> float:
    """How often a factor without any effect has one, at 5 %."""
    generator = np.random.default_rng(n)
    found = (evidence_of(case.draw(generator, n, n_seeds)) for _ in range(count))
    return sum(each.difference_p(0.05) < 0.05 for each in found) / count
