"""How often the data could be looked at before they were complete, and what that costs.

Whoever tests, adds runs because nothing is decided, and tests again, finds a difference too often
where there is none: in 18 % instead of 5 % after some rounds. So every look has a part of the error
to spend (alpha spending): the first 5 %, all later looks together at most one more percent,

    a_1 = 0.05,        a_k = 0.005 · 2^(2−k)        for k ≥ 2

A comparison of one stage is judged as ever; who follows the advice "further runs" to the end errs
in at most 6 %. The p-value that decides at look k is the nominal level b_k with

    P(|Z_1| ≤ z_1, …, |Z_(k−1)| ≤ z_(k−1), |Z_k| > z_k) = a_k,        b_k = 2·Φ(−z_k)

for the standardised sums Z of independent normal increments, each look with its share of the pairs.

Source: Lan & DeMets, "Discrete sequential boundaries for clinical trials", Biometrika 70, 1983; the
integral as by Armitage, McPherson & Rowe 1969.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr

ALPHA = 0.05
_LATER = 0.005  # what the second look may add
_NODES = 201  # of the integral

Looks = tuple[int, ...]
"""How many pairs there were at each stage at which they could be tested, the last one now."""


def spent(look: int) -> float:
    """The error that a look may add, counted from 1."""
    return ALPHA if look == 1 else _LATER * 0.5 ** (look - 2)


@lru_cache(maxsize=256)
def level(looks: Looks) -> float:
    """The two-sided p-value that decides at the last of these looks: 0.05 if it is the only one."""
    if len(looks) <= 1:
        return ALPHA
    before, weights, bound = np.zeros(1), np.ones(1), 0.0
    for look, (then, now) in enumerate(zip((0, *looks), looks, strict=False), start=1):
        step = float(np.sqrt(max(now - then, 1e-6 * now)))
        bound = _bound(before, weights, step, spent(look))
        nodes, lengths = np.polynomial.legendre.leggauss(_NODES)
        after, lengths = nodes * bound, lengths * bound
        density = np.exp(-0.5 * ((after[:, None] - before) / step) ** 2)
        weights = lengths * (density @ weights) / (step * np.sqrt(2 * np.pi))
        before = after
    return float(2 * ndtr(-bound / np.sqrt(looks[-1])))


def _bound(
    before: NDArray[np.float64], weights: NDArray[np.float64], step: float, error: float
) -> float:
    """The bound of a sum that is crossed with a probability, and was not crossed before."""

    def too_often(bound: float) -> float:
        crossed = ndtr((before - bound) / step) + ndtr((-before - bound) / step)
        return float(crossed @ weights) - error

    return float(brentq(too_often, 0, 10 * step + abs(before).max()))


def penalty(looks: Looks) -> float:
    """What p-values are multiplied by, to be compared with 0.05; 1 at the first look."""
    return ALPHA / level(looks)


def at_least(looks: Looks, asked: int) -> Looks:
    """The looks, or as many as are asked for: a look at a part of a launch leaves no trace.

    Of those that left none the number of pairs is not known; they are taken as evenly spaced.

    >>> at_least((24,), 3)
    (8, 16, 24)
    """
    if asked <= len(looks):
        return looks
    return tuple(max(1, round(looks[-1] * look / asked)) for look in range(1, asked + 1))


def stages(runs: pd.DataFrame) -> NDArray[np.intp]:
    """Which launch of its sweep finished each run, counted from 0; 0 where none is recorded."""
    if "launched" not in runs:
        return np.zeros(len(runs), np.intp)
    rank = runs.groupby("sweep")["launched"].rank("dense").fillna(1)
    return rank.to_numpy().astype(np.intp) - 1


def looks_of(units: NDArray[np.intp], stage: NDArray[np.intp]) -> Looks:
    """The stages at which the pairs that were there could be tested: most units had two seeds.

    Args:
        units: Of every pair, as a number.
        stage: At which it was complete.
    """
    found = []
    for last in np.unique(stage):
        seeds = np.bincount(units[stage <= last])
        seeds = seeds[seeds > 0]
        if 2 * (seeds < 2).sum() <= len(seeds):
            found.append(int(seeds.sum()))
    return tuple(found) or (len(units),)
