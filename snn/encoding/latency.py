"""Latency code: every pixel fires at most once, the brighter the earlier.

    step(x) = ⌊τ · ln(x / (x − θ))⌋  for x ≥ θ;  pixels under θ never fire

the time at which a leaky neuron with threshold θ, driven by the constant current x, fires first.
Source: Zenke, SpyTorch tutorials, 2019; single precision and ε as there, so that the published
tables come out exactly (x = θ gives a very late step, not infinity).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from snn.config import EncodingConfig
from snn.encoding.drive import SpikeEvents

_EPSILON = 1e-7
GREY_LEVELS = 256


def firing_steps(config: EncodingConfig) -> Tensor:
    """(256,) int64: first firing step of every grey level; `n_steps` for never."""
    x = np.arange(GREY_LEVELS, dtype=np.float32) / np.float32(255)
    threshold = config.encoder_threshold
    above = np.clip(x, threshold + _EPSILON, None)
    steps = (config.encoder_tau * np.log(above / (above - threshold))).astype(np.int64)
    return torch.from_numpy(np.where(x < threshold, config.n_steps, steps))


class LatencyEncoder:
    """Pixels to one spike each, by table."""

    def __init__(self, config: EncodingConfig) -> None:
        self.n_steps = config.n_steps
        self.table = firing_steps(config)

    def __call__(self, pixels: Tensor, generator: torch.Generator | None = None) -> SpikeEvents:
        """Encode pixels (B, N) uint8."""
        return SpikeEvents(self.table.to(pixels.device)[pixels.int()], self.n_steps)
