"""Every point of the space once, in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sweep.methods.samplers.base import Sampler

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


def _make(seed: int, values: Mapping[str, Any]) -> BaseSampler:
    from optuna.samplers import RandomSampler

    return RandomSampler(seed=seed)  # never asked: the study has all points before it begins


SAMPLER = Sampler(
    name="grid",
    label="every point of the space",
    source="a full factorial design",
    make=_make,
    every_point=True,
)
