"""Pixel value → spikes over time, by tables over the 256 grey levels."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from snn.config import TrialConfig
from snn.encoding.constant import ConstantCurrent
from snn.encoding.drive import Drive
from snn.encoding.latency import SpikeTimes
from snn.encoding.periodic import SpikePeriods
from snn.encoding.poisson import RandomSpikes, draw_key
from snn.encoding.written import Encode, WrittenDrive, WrittenEncoder

__all__ = [
    "ConstantCurrent",
    "Drive",
    "Encode",
    "Encoder",
    "RandomSpikes",
    "SpikePeriods",
    "SpikeTimes",
    "WrittenDrive",
    "WrittenEncoder",
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


def encoder(config: TrialConfig) -> Encoder:
    """The encoder that a configuration asks for."""
    made: Encoder = config.component("encoding").load()(config)
    return made
