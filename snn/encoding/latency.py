"""Latency code: every pixel fires at most once, the brighter the earlier.

    step(x) = ⌊τ · ln(x / (x − θ))⌋  for x ≥ θ;  pixels under θ never fire

the time at which a leaky neuron with threshold θ, driven by the constant current x, fires first.
Source: Zenke, SpyTorch tutorials, 2019; single precision and ε as there, so that the published
tables come out exactly (x = θ gives a very late step, not infinity).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from snn.config import EncodingConfig
from snn.encoding.drive import GREY_LEVELS, PixelDrive, Table, check, look_up, total
from snn.registry import Component

COMPONENTS = (
    Component(
        kind="encoding",
        name="latency",
        make="LatencyEncoder",
        uses=("encoder_tau", "encoder_threshold"),
        compiled=("cpu", "cuda"),
        formats=("onnx", "nir"),
    ),
)

_EPSILON = 1e-7


def firing_steps(config: EncodingConfig) -> Tensor:
    """(256,) int64: first firing step of every grey level; `n_steps` or more for never."""
    x = np.arange(GREY_LEVELS, dtype=np.float32) / np.float32(255)
    threshold = config.encoder_threshold
    above = np.clip(x, threshold + _EPSILON, None)
    steps = (config.encoder_tau * np.log(above / (above - threshold))).astype(np.int64)
    return torch.from_numpy(np.where(x < threshold, config.n_steps, steps))


@dataclass(frozen=True)
class SpikeTimes(PixelDrive):
    """At most one spike per pixel: an image has about 125 of them, not T · N inputs.

    Attributes:
        pixels: (B, N) uint8.
        table: (256,) firing step of every grey level; T or more for never.
        n_steps: T.
    """

    pixels: Tensor
    table: Tensor
    n_steps: int

    def __post_init__(self) -> None:
        check(self, torch.int64, 0)

    def current(self, weight: Tensor) -> Tensor:
        """Sums of weight rows: one bag of rows per step and image."""
        steps, batch = look_up(self.table, self.pixels), len(self.pixels)
        image, pixel = (steps < self.n_steps).nonzero(as_tuple=True)
        bag = steps[image, pixel] * batch + image
        order = bag.argsort(stable=True)
        sizes = torch.bincount(bag, minlength=self.n_steps * batch)
        offsets = sizes.cumsum(0) - sizes
        rows = functional.embedding_bag(pixel[order], weight, offsets, mode="sum")
        return rows.view(self.n_steps, batch, -1)

    def dense(self) -> Tensor:
        """Ones at the firing steps."""
        slots = torch.zeros(self.n_steps + 1, *self.pixels.shape, device=self.pixels.device)
        steps = look_up(self.table, self.pixels).clamp(max=self.n_steps)
        return slots.scatter_(0, steps[None], 1.0)[:-1]

    def events(self) -> float:
        """Spikes per image."""
        return total(self.table < self.n_steps, self.pixels)


class LatencyEncoder:
    """Pixels to one spike each, by table."""

    def __init__(self, config: EncodingConfig) -> None:
        self.n_steps = config.n_steps
        self._table = Table(firing_steps(config))

    def __call__(
        self,
        pixels: Tensor,
        generator: torch.Generator | None = None,
        key: Tensor | None = None,
    ) -> SpikeTimes:
        """Encode pixels (B, N) uint8."""
        return SpikeTimes(pixels, self._table.on(pixels.device), self.n_steps)
