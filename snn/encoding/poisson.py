"""Rate code: at every step a pixel x in [0, 1] fires with probability x / τ, independently.

τ (`encoder_tau`) is the mean interval in steps between the spikes of a white pixel. The spikes
come from the generator that the caller seeds.
"""

from __future__ import annotations

import torch
from torch import Tensor

from snn.config import EncodingConfig
from snn.encoding.drive import SpikeTrain
from snn.encoding.latency import GREY_LEVELS


class PoissonEncoder:
    """Pixels to random spike trains; the table holds the firing probabilities."""

    def __init__(self, config: EncodingConfig) -> None:
        self.n_steps = config.n_steps
        grey = torch.arange(GREY_LEVELS) / 255
        self.table = (grey / config.encoder_tau).clamp(max=1.0)

    def __call__(self, pixels: Tensor, generator: torch.Generator | None = None) -> SpikeTrain:
        """Encode pixels (B, N) uint8; without a generator, torch's global one is drawn from."""
        probability = self.table.to(pixels.device)[pixels.int()]
        chance = torch.rand(
            (self.n_steps, *pixels.shape), generator=generator, device=pixels.device
        )
        return SpikeTrain((chance < probability).float())
