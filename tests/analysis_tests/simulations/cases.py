"""Paired differences of configurations with shared seeds, of which the truth is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Draw = Callable[[np.random.Generator, tuple[int, ...]], NDArray[np.float64]]

RUN_STD = 0.01
"""Of one run around the mean of its configuration, in accuracy."""

COLLAPSED, SHARE = -0.3, 0.15


def normal(generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    return generator.normal(size=shape)


def t3(generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    return generator.standard_t(3, size=shape) / np.sqrt(3)


def lognormal(generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Of mean 0 and deviation 1, with a skewness of 6."""
    return (generator.lognormal(size=shape) - np.exp(0.5)) / np.sqrt((np.e - 1) * np.e)


@dataclass(frozen=True, kw_only=True)
class Case:
    """How paired differences come about.

    Attributes:
        name: In the tables.
        run: The chance of a run, with deviation 1.
        effect: How the effect differs between configurations, with deviation 1.
        spread: How much it differs, in deviations of a run.
        shared: What a seed does to the factor in all configurations, in deviations of a run.
        missing: Share of the pairs that are not there.
        collapse: Whether the factor ruins some configurations.
    """

    name: str
    run: Draw = normal
    effect: Draw = normal
    spread: float = 0.5
    shared: float = 0.0
    missing: float = 0.0
    collapse: bool = False

    @property
    def mean(self) -> float:
        """The true mean difference."""
        return COLLAPSED * SHARE if self.collapse else 0.0

    def draw(
        self, generator: np.random.Generator, n: int, n_seeds: int = 3, size: float = 0.0
    ) -> pd.Series[float]:
        """Differences of n configurations, indexed by `unit` and `seed`, around a mean.

        Args:
            generator: Of the random numbers.
            n: Configurations.
            n_seeds: Seeds, the same for all.
            size: Added to all.
        """
        runs = self.run(generator, (n, n_seeds)) - self.run(generator, (n, n_seeds))
        units = self.spread * self.effect(generator, (n, 1))
        seeds = self.shared * normal(generator, (1, n_seeds))
        values = size + RUN_STD * (runs + units + seeds)
        if self.collapse:
            values = values + COLLAPSED * (generator.random((n, 1)) < SHARE)
        index = pd.MultiIndex.from_product([range(n), range(n_seeds)], names=["unit", "seed"])
        series = pd.Series(values.ravel(), index, name="difference")
        there = generator.random(len(series)) >= self.missing
        there |= series.index.get_level_values("seed") == 0  # each has a seed at least
        return series[there]


CASES = (
    Case(name="normal"),
    Case(name="t with 3 degrees of freedom", run=t3, effect=t3),
    Case(name="lognormal runs", run=lognormal),
    Case(name="a fifth of the runs is missing", missing=0.2, shared=0.25),
    Case(name="shared seeds, ratio 0.25", shared=0.25),
    Case(name="shared seeds, ratio 0.5", shared=0.5),
    Case(name="shared seeds, ratio 1", shared=1.0),
    Case(name="lognormal effects", effect=lognormal, spread=2.0),
    Case(name="15 % of configurations ruined", collapse=True),
)
