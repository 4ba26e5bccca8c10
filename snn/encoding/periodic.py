"""Periodic code: a pixel fires again and again, with its latency as the period.

    period(x) = clip(step(x), 1, T − 1);  spikes at period, 2·period, … (never at step 0)

As meant, pixels under the threshold are silent. The published table clips them like all others,
so a dark pixel has its single spike at step T − 1.
"""

from __future__ import annotations

import torch
from torch import Tensor

from snn.config import TrialConfig
from snn.encoding.drive import SpikeTrain
from snn.encoding.latency import firing_steps


class PeriodicEncoder:
    """Pixels to regular spike trains, by table."""

    def __init__(self, config: TrialConfig) -> None:
        first = firing_steps(config)
        period = first.clamp(1, config.n_steps - 1)
        step = torch.arange(config.n_steps)[:, None]
        fires = (step % period == 0) & (step > 0)
        if config.preset == "default":
            fires &= first < config.n_steps
        self.table = fires.float()  # (T, 256)

    def __call__(self, pixels: Tensor, generator: torch.Generator | None = None) -> SpikeTrain:
        """Encode pixels (B, N) uint8."""
        table = self.table.to(pixels.device)
        steps, (batch, size) = len(table), pixels.shape
        return SpikeTrain(table.index_select(1, pixels.int().flatten()).view(steps, batch, size))
