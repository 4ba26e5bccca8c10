"""Networks with known accuracies: do the intervals over seeds and test images cover them?

Whether seed s is right on image n is drawn from a probit model with what the seed, the image, the
side, and all of them together add. Its accuracies are known exactly.

`python -m tests.analysis_tests.stats.images.coverage` tries it 500 times for each setting.
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.stats.images.crossed_bootstrap import accuracy_interval, difference_interval
from analysis.stats.inference import student_interval

Hits = NDArray[np.bool_]


class Setting(NamedTuple):
    """Networks on images: standard deviations of what each adds to the probit of a hit."""

    n_seeds: int
    n_images: int = 400
    mean: float = 1.8
    difference: float = 0.1
    seed: float = 0.05
    image: float = 0.8
    side: float = 0.3
    rest: float = 0.5

    @property
    def accuracies(self) -> tuple[float, float]:
        """The true accuracies of both sides, over all seeds and images."""
        parts = (self.seed, self.image, self.side, self.rest)
        total = np.sqrt(np.sum(np.square(parts)))
        means = np.array([self.mean, self.mean + self.difference])
        first, second = stats.norm.cdf(means / total)
        return float(first), float(second)

    def draw(self, random: np.random.Generator) -> tuple[Hits, Hits]:
        """The hits (S, N) of both sides."""
        image = random.normal(0, self.image, self.n_images)
        sides = []
        for mean in (self.mean, self.mean + self.difference):
            seed = random.normal(0, self.seed, (self.n_seeds, 1))
            own = random.normal(0, self.side, self.n_images)
            rest = random.normal(0, self.rest, (self.n_seeds, self.n_images))
            sides.append(mean + seed + image + own + rest > 0)
        return sides[0], sides[1]


SETTINGS = {
    f"{n} seeds, {name}": Setting(n, **changes)
    for n in (2, 3, 4, 5, 8, 16)
    for name, changes in {
        "images count most": {"seed": 0.02},
        "seeds and images": {"seed": 0.08},
        "seeds count most": {"seed": 0.2},
        "10,000 images": {"n_images": 10_000, "mean": 2.2, "seed": 0.04},
    }.items()
}


def covered(
    setting: Setting, count: int, random: np.random.Generator, resamples: int = 400
) -> dict[str, float]:
    """How often intervals have the truth: shares of `count` simulations."""
    first, second = setting.accuracies
    hits = dict.fromkeys(("paired", "unpaired", "accuracy", "over seeds alone"), 0)
    for _ in range(count):
        a, b = setting.draw(random)
        alone = student_interval(a.mean(axis=1))
        intervals = {
            "paired": (difference_interval(a, b, True, resamples)[1:3], second - first),
            "unpaired": (difference_interval(a, b, False, resamples)[1:3], second - first),
            "accuracy": (accuracy_interval(a, resamples)[1:3], first),
            "over seeds alone": (alone, first),
        }
        for name, ((low, high), truth) in intervals.items():
            hits[name] += low <= truth <= high
    return {name: n / count for name, n in hits.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="of simulations [default: 500]")
    count = parser.parse_args().count
    for name, setting in SETTINGS.items():
        shares = covered(setting, count, np.random.default_rng(0))
        print(f"{name:<28}", *(f"{what} {share:.3f}" for what, share in shares.items()), sep="  ")
