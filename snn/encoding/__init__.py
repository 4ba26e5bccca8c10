"""Pixel value → spikes over time, by tables over the 256 grey levels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import torch
from torch import Tensor

from snn.config import TrialConfig
from snn.encoding.constant import ConstantCurrent, ConstantEncoder
from snn.encoding.drive import Drive
from snn.encoding.latency import LatencyEncoder, SpikeTimes
from snn.encoding.periodic import PeriodicEncoder, SpikePeriods
from snn.encoding.poisson import PoissonEncoder, RandomSpikes, draw_key

__all__ = [
    "ENCODERS",
    "ConstantCurrent",
    "Drive",
    "Encoder",
    "RandomSpikes",
    "SpikePeriods",
    "SpikeTimes",
    "draw_key",
    "encoder",
]


class Encoder(Protocol):
    """Turns pixels (B, N) uint8 into the drive of T steps."""

    def __call__(
        self,
        pixels: Tensor,
        generator: torch.Generator | None = None,
        key: Tensor | None = None,
    ) -> Drive:
        """Encode pixels; the generator, or a key drawn before, is for random codes."""


ENCODERS: Mapping[str, Callable[[TrialConfig], Encoder]] = {
    "latency": LatencyEncoder,
    "periodic": PeriodicEncoder,
    "poisson": PoissonEncoder,
    "constant": ConstantEncoder,
}


def encoder(config: TrialConfig) -> Encoder:
    """The encoder that a configuration asks for."""
    return ENCODERS[config.encoding](config)
