"""CMA-ES: a multivariate normal distribution that moves to where the good configurations are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sweep.methods.samplers.base import Sampler

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


def _make(seed: int, values: Mapping[str, Any]) -> BaseSampler:
    from optuna.samplers import CmaEsSampler

    return CmaEsSampler(seed=seed)


SAMPLER = Sampler(
    name="cmaes",
    label="covariance matrix adaptation evolution strategy",
    source="Hansen & Ostermeier 2001, https://doi.org/10.1162/106365601750190398",
    make=_make,
    several_metrics=False,
    choices=False,
)
