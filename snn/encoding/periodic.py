"""Periodic code: a pixel fires again and again, with its latency as the period.

    period(x) = clip(step(x), 1, T − 1);  spikes at period, 2·period, … (never at step 0)

As meant, pixels under the threshold are silent. With `dark_pixels_fire` they are clipped like all
others, as in the published table, so a dark pixel has its single spike at step T − 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from snn.config import TrialConfig
from snn.encoding.drive import PixelDrive, Table, check, total
from snn.encoding.latency import firing_steps
from snn.registry import Component

COMPONENTS = (
    Component(
        kind="encoding",
        name="periodic",
        make="PeriodicEncoder",
        uses=("encoder_tau", "encoder_threshold", "dark_pixels_fire"),
        compiled=("cpu", "cuda"),
        formats=("onnx", "nir"),
    ),
)


def firing_periods(config: TrialConfig) -> Tensor:
    """(256,) int64: period in steps of every grey level; `n_steps` for never."""
    first = firing_steps(config)
    period = first.clamp(1, config.n_steps - 1)
    silent = (first >= config.n_steps) & (not config.dark_pixels_fire)
    return period.masked_fill(silent, config.n_steps)


@dataclass(frozen=True)
class SpikePeriods(PixelDrive):
    """Regular spike trains.

    Attributes:
        pixels: (B, N) uint8.
        table: (256,) period of every grey level, at least 1; T or more for never.
        n_steps: T.
    """

    pixels: Tensor
    table: Tensor
    n_steps: int

    def __post_init__(self) -> None:
        check(self, torch.int64, 1)

    def current(self, weight: Tensor) -> Tensor:
        """One product for all steps."""
        return self.dense().to(weight.dtype) @ weight

    def dense(self) -> Tensor:
        """Ones at the multiples of the periods."""
        fires = self._fires().float()
        return fires.index_select(1, self.pixels.int().flatten()).view(-1, *self.pixels.shape)

    def events(self) -> float:
        """Spikes per image."""
        return total(self._fires().sum(dim=0), self.pixels)

    def _fires(self) -> Tensor:
        step = torch.arange(self.n_steps, device=self.table.device)[:, None]
        return (step % self.table == 0) & (step > 0)


class PeriodicEncoder:
    """Pixels to regular spike trains, by table."""

    def __init__(self, config: TrialConfig) -> None:
        self.n_steps = config.n_steps
        self._table = Table(firing_periods(config))

    def __call__(
        self,
        pixels: Tensor,
        generator: torch.Generator | None = None,
        key: Tensor | None = None,
    ) -> SpikePeriods:
        """Encode pixels (B, N) uint8."""
        return SpikePeriods(pixels, self._table.on(pixels.device), self.n_steps)
