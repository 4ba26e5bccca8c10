"""Codes of single pixels: every pixel of an image is an input, whatever stands beside it."""

from __future__ import annotations

from typing import Protocol, final

import torch
from torch import Tensor

from snn.config import TrialConfig
from snn.data.shapes import Shape
from snn.encoding.drive import GREY_LEVELS, Drive

LIT_PIXELS = 0.2  # share of pixels that are not black: 0.19 in MNIST, 0.50 in Fashion-MNIST
_REPEATS = 16  # of every grey level, for random codes


class PixelEncoder(Protocol):
    """What such a component's `make(config)` gives: pixels (B, N) uint8 to a drive (T, B, N)."""

    def __call__(
        self,
        pixels: Tensor,
        generator: torch.Generator | None = None,
        key: Tensor | None = None,
    ) -> Drive:
        """Encode pixels; the generator, or a key drawn before, is for random codes."""


@final
class PixelCode:
    """A code of single pixels, on images of one shape; see `snn.encoding.Encoder`.

    Args:
        encode: The code.
        config: Has the number of steps.
        shape: Of the images.
    """

    def __init__(self, encode: PixelEncoder, config: TrialConfig, shape: Shape) -> None:
        self._encode = encode
        self.n_inputs = shape.n_pixels
        self.n_steps = config.n_steps

    def __call__(
        self,
        pixels: Tensor,
        generator: torch.Generator | None = None,
        key: Tensor | None = None,
    ) -> Drive:
        """Encode pixels (B, N) uint8."""
        return self._encode(pixels, generator, key)

    def power(self, response: Tensor) -> float:
        """Mean square over time of an encoded pixel, filtered with `response` (T,).

        The mean is over a nominal image: a share `LIT_PIXELS` of the grey levels 1 to 255, else
        black.
        """
        grey = torch.arange(GREY_LEVELS, dtype=torch.uint8).expand(_REPEATS, -1)
        drive = self._encode(grey, torch.Generator().manual_seed(0)).dense()
        n_steps = len(drive)
        lag = torch.arange(n_steps)[:, None] - torch.arange(n_steps)
        kernel = torch.where(lag >= 0, response[lag.clamp(min=0)], 0.0).float()
        power = torch.tensordot(kernel, drive, dims=1).square().mean(dim=(0, 1))
        return float(LIT_PIXELS * power[1:].mean() + (1 - LIT_PIXELS) * power[0])
