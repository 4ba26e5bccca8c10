"""Bayesian optimisation with a Gaussian process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sweep.methods.samplers.base import Sampler

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


def _make(seed: int, values: Mapping[str, Any]) -> BaseSampler:
    from optuna.samplers import GPSampler

    return GPSampler(seed=seed)


SAMPLER = Sampler(
    name="gp",
    label="Bayesian optimisation with a Gaussian process",
    source="Snoek et al. 2012, Practical Bayesian optimization, NeurIPS 25; for several metrics by "
    "expected hypervolume improvement, Daulton et al. 2020, https://arxiv.org/abs/2006.05078",
    make=_make,
)
