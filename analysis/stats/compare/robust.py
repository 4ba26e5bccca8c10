"""Scores of several runs on several tasks: how often better, and means without the extremes.

A task is a configuration (without the factor), a run a seed. With the scores x[s, k] of one level
and y[s, k] of the other:

- probability of improvement: the mean over tasks of P(x > y) + P(x = y)/2 over all pairs of runs
  (Mann & Whitney's U, divided by the number of pairs);
- interquartile mean: of the middle half of all scores, those of all tasks together;
- performance profile: for a value τ, the share of all runs that score more than τ.

Intervals are of a stratified bootstrap: the runs of every task are drawn with replacement, the
tasks stay. They hold for these tasks.

Source: Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice",
NeurIPS 2021.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
"""(runs, tasks), or a batch of them (…, runs, tasks)."""

_RESAMPLES = 2_000
_PARTS = 20
_CONFIDENCE = 0.95
_OUTER = (0.5 - _CONFIDENCE / 2, 0.5 + _CONFIDENCE / 2)


class Estimate(NamedTuple):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


def probability_of_improvement(better: Scores, worse: Scores) -> NDArray[np.float64]:
    """How often a run of `better` scores more than one of `worse`, mean over tasks."""
    one, other = better[..., :, None, :], worse[..., None, :, :]
    wins = (one > other) + 0.5 * (one == other)
    return np.asarray(wins.mean(axis=(-3, -2, -1)))


def interquartile_mean(scores: Scores) -> NDArray[np.float64]:
    """The mean without the lowest and the highest fourth, each rounded down to whole runs."""
    flat = np.sort(scores.reshape(*scores.shape[:-2], -1), axis=-1)
    cut = flat.shape[-1] // 4
    return np.asarray(flat[..., cut : flat.shape[-1] - cut].mean(axis=-1))


def performance_profile(scores: Scores, thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of runs above each threshold, (…, thresholds)."""
    above = scores[..., None] > thresholds
    return np.asarray(above.mean(axis=(-3, -2)))


def profile_band(
    scores: Scores, thresholds: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The 95 % interval of a profile at each threshold: low and high."""
    generator = np.random.default_rng(0)
    drawn = [
        performance_profile(_resampled(scores, generator, many), thresholds)
        for many in [_RESAMPLES // _PARTS] * _PARTS  # in parts: they fill memory
    ]
    low, high = np.quantile(np.concatenate(drawn), _OUTER, axis=0)
    return low, high


def with_interval(statistic: Callable[..., NDArray[np.float64]], *samples: Scores) -> Estimate:
    """A statistic of one or two samples with its stratified percentile interval.

    Args:
        statistic: From samples, or batches of them, to a figure each.
        samples: Of (runs, tasks); all have these tasks.
    """
    generator = np.random.default_rng(0)
    drawn = statistic(*(_resampled(sample, generator) for sample in samples))
    low, high = np.quantile(drawn, _OUTER)
    return Estimate(float(statistic(*samples)), float(low), float(high))


def _resampled(
    sample: Scores, generator: np.random.Generator, resamples: int = _RESAMPLES
) -> Scores:
    rows = generator.integers(0, len(sample), (resamples, *sample.shape))
    return np.asarray(np.take_along_axis(sample[None], rows, axis=1))
