"""Points of a space that are drawn at random, whatever the sampler of the sweep is."""

from __future__ import annotations

from collections.abc import Iterator

import optuna

from sweep.spec.spaces.points import Points
from sweep.spec.spaces.space import Assignment, Space


def random_points(space: Space | Points, seed: int) -> Iterator[Assignment]:
    """Points without end; in a small space they are repeated.

    Args:
        space: Of a sweep.
        seed: Of the random numbers.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    while True:
        yield space.suggest(study.ask())
