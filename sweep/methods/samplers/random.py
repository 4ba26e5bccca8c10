"""Random search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sweep.methods.samplers.base import Sampler

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


def _make(seed: int, values: Mapping[str, Any]) -> BaseSampler:
    from optuna.samplers import RandomSampler

    return RandomSampler(seed=seed)


SAMPLER = Sampler(
    name="random",
    label="random search",
    source="Bergstra & Bengio 2012, https://jmlr.org/papers/v13/bergstra12a.html",
    make=_make,
)
