"""The interval of an accuracy, or of a difference of accuracies, over seeds and test images.

Every seed trains one network, and each network is tested on the same images. So a lucky seed is
lucky on all images, and a hard image is hard for all seeds. An interval over seeds alone says
nothing about other images; one over images alone says nothing about other seeds.

The value D of seed s and image n (1 or 0; of a difference 1, 0 or −1) is taken as

    D = mean + seed s + image n + what is left of both

with variances that the mean squares estimate. For S seeds and N images, the mean has the variance

    v = v_S + v_N − v_E

where v_S and v_N are the squared standard errors over the means of seeds and of images. Each holds
what is left of both, v_E, once. The crossed bootstrap resamples seeds and images together, and
gives the shape of the interval. By itself it counts what is left three times, and has (S − 1)/S of
the variance of the seeds: with 4 or 5 seeds it covers anything from 74 to 100 %. So it is brought
to the width that the variance v and Satterthwaite's degrees of freedom give. With two or three
seeds, v may have far more of these than what it holds of the seeds; then the width is at least that
of Student's interval over seeds alone.

Sources: Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1, 2007; Satterthwaite,
Biometrics Bulletin 2, 1946. `tests.analysis_tests.stats.images.coverage` shows how often it covers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from analysis.stats.inference import CONFIDENCE

Table = NDArray[np.float64]
"""Values of S seeds (rows) and N images (columns)."""

BOTH, IMAGES = "seeds and test images", "test images"
"""What an interval covers."""

RESAMPLES = 2_000
_FEW_SEEDS = 3
_SEED = 0  # the same runs give the same interval
_OUTER = (0.5 - CONFIDENCE / 2, 0.5 + CONFIDENCE / 2)


class Interval(NamedTuple):
    """A mean with its 95 % interval.

    Attributes:
        mean: Of all seeds and images.
        low: Where the interval begins.
        high: Where it ends.
        covers: `BOTH`, or `IMAGES` where one side has one seed.
    """

    mean: float
    low: float
    high: float
    covers: str


class _Spread(NamedTuple):
    """Half the width of the interval of a mean, and whether it is over seeds, too."""

    half_width: float
    of_seeds: bool


def accuracy_interval(hits: NDArray[np.bool_], resamples: int = RESAMPLES) -> Interval:
    """The accuracy from the hits (S, N) of S seeds.

    Its distances from the accuracy are taken on the scale of log-odds, as accuracies near 1 are
    skewed: seeds are far worse more often than far better. Where all images are right, or all
    wrong, the bound is that of N independent images (Clopper & Pearson, 1934).
    """
    found = crossed_interval(hits.astype(np.float64), resamples=resamples)
    nearest = float(_OUTER[0] ** (1 / hits.shape[1]))
    if hits.all():
        return found._replace(low=nearest)
    if not hits.any():
        return found._replace(high=1 - nearest)
    mean = found.mean
    distances = np.array([found.low - mean, found.high - mean]) / (mean * (1 - mean))
    low, high = special.expit(special.logit(mean) + distances)
    return found._replace(low=float(low), high=float(high))


def difference_interval(
    first: NDArray[np.bool_],
    second: NDArray[np.bool_],
    paired: bool,
    resamples: int = RESAMPLES,
) -> Interval:
    """The accuracy of a second configuration minus that of a first, on the same images.

    Args:
        first: (S, N) hits.
        second: (S′, N) hits.
        paired: Whether the rows of both are of the same seeds, in the same order. Then their
            networks share the split and the order of the images, and are resampled together.
        resamples: Of seeds and images.
    """
    sides = second.astype(np.float64), -first.astype(np.float64)
    tables = [sides[0] + sides[1]] if paired else sides
    return crossed_interval(*tables, resamples=resamples)


def crossed_interval(*tables: Table, resamples: int = RESAMPLES) -> Interval:
    """The sum of the means of tables, whose seeds are independent and whose images are the same."""
    # Images with the same values are one pattern: to draw how often each pattern comes is to draw
    # images, and a thousand times as fast.
    patterns, counts = _patterns(np.concatenate(tables))
    places = np.cumsum([len(table) for table in tables])[:-1]
    parts = np.split(patterns, places)
    mean = sum(float(part.mean(axis=0) @ counts) for part in parts) / counts.sum()
    spread = _spread(parts, counts)
    drawn = _drawn(parts, counts, resamples, spread.of_seeds)
    covers = BOTH if spread.of_seeds else IMAGES
    if not spread.half_width or not drawn.std():
        return Interval(mean, mean, mean, covers)
    quantiles = np.quantile(drawn, _OUTER) - drawn.mean()
    low, high = mean + quantiles * 2 * spread.half_width / np.ptp(quantiles)
    return Interval(mean, float(low), float(high), covers)


def _patterns(table: Table) -> tuple[Table, NDArray[np.int64]]:
    """The different columns, and how often each occurs.

    Columns are told apart by their products with random numbers: to sort whole columns takes ten
    times as long. If rounding takes one pattern for two, nothing changes but the speed.
    """
    marks = np.random.default_rng(_SEED).normal(size=len(table)) @ table
    _, first, counts = np.unique(marks, return_index=True, return_counts=True)
    return table[:, first], counts


def _spread(parts: Sequence[Table], counts: NDArray[np.int64]) -> _Spread:
    n = int(counts.sum())
    of_images = np.sum([part.mean(axis=0) for part in parts], axis=0)
    images = _variance(of_images, counts) / n
    if any(len(part) < 2 for part in parts) or n < 2:
        return _Spread(_half_width(images, [(images, n - 1)]), of_seeds=False)
    seeds, rest = [], []
    for part in parts:
        n_seeds = len(part)
        of_seeds = part @ counts / n
        left = part - of_seeds[:, None] - part.mean(axis=0) + of_seeds.mean()
        free = (n_seeds - 1) * (n - 1)
        seeds.append((float(of_seeds.var(ddof=1)) / n_seeds, n_seeds - 1))
        rest.append((-float((left**2 @ counts).sum()) / free / (n_seeds * n), free))
    terms = [(images, n - 1), *seeds, *rest]
    both = max(sum(term for term, _ in terms), images)
    half_width = _half_width(both, terms)
    if min(map(len, parts)) <= _FEW_SEEDS:
        half_width = max(half_width, _half_width(sum(term for term, _ in seeds), seeds))
    return _Spread(half_width, of_seeds=True)


def _half_width(variance: float, terms: Sequence[tuple[float, int]]) -> float:
    """Half of a 95 % interval from a variance, and the terms of its estimate: value, freedom."""
    squares = sum(term**2 / max(free, 1) for term, free in terms)
    freedom = variance**2 / squares if squares else 1.0
    return float(stats.t.ppf(_OUTER[1], freedom) * np.sqrt(variance))


def _variance(values: Table, counts: NDArray[np.int64]) -> float:
    n = counts.sum()
    return float(counts @ (values - values @ counts / n) ** 2 / max(n - 1, 1))


def _drawn(
    parts: Sequence[Table], counts: NDArray[np.int64], resamples: int, seeds: bool
) -> NDArray[np.float64]:
    """The sum of the means in every resample, (R,)."""
    generator = np.random.default_rng(_SEED)
    n = counts.sum()
    images = generator.multinomial(n, counts / n, resamples) / n
    total = np.zeros(resamples)
    for part in parts:
        n_seeds = len(part)
        weights = np.ones((1, n_seeds), np.int64)  # every seed once
        if seeds:
            weights = generator.multinomial(n_seeds, np.full(n_seeds, 1 / n_seeds), resamples)
        total += ((images @ part.T) * weights).sum(axis=1) / n_seeds
    return total
