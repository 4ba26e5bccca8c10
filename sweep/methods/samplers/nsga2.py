"""NSGA-II: a genetic algorithm that sorts configurations by who is better in every metric."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sweep.methods.samplers.base import Sampler

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


def _make(seed: int, values: Mapping[str, Any]) -> BaseSampler:
    from optuna.samplers import NSGAIISampler

    return NSGAIISampler(seed=seed)


SAMPLER = Sampler(
    name="nsga2",
    label="non-dominated sorting genetic algorithm II",
    source="Deb et al. 2002, https://doi.org/10.1109/4235.996017",
    make=_make,
)
