"""Any spike code, from a function that writes its spikes out: the short way to a code of one's own.

    values[t, b, n] = encode(x, config, generator),  x (B, N) the pixels in [0, 1]

A function that needs no table and no kernel costs memory for T · B · N values, and is computed by
the reference backend.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from snn.config import TrialConfig
from snn.data.pixels import check_pixels
from snn.encoding.drive import Sizes, Work, work_of
from snn.errors import ArrayError

Encode = Callable[[Tensor, TrialConfig, torch.Generator], Tensor]
"""Pixels (B, N) in [0, 1] → values (T, B, N), spikes or currents, on the pixels' device.

The generator is on the CPU. It is for random codes and depends on the seed, epoch and batch only.
"""


@dataclass(frozen=True)
class WrittenDrive:
    """Values that are written out.

    Attributes:
        pixels: (B, N) uint8.
        values: (T, B, N), finite.
    """

    pixels: Tensor
    values: Tensor

    def __post_init__(self) -> None:
        check_pixels(self.pixels)
        values = self.values
        if not isinstance(values, Tensor) or values.shape[1:] != self.pixels.shape:
            shape = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
            wanted = ", ".join(map(str, self.pixels.shape))
            raise ArrayError(f"encoding: must give values of shape (steps, {wanted}), not {shape}")

    @property
    def sizes(self) -> Sizes:
        """T, B and N."""
        return Sizes(len(self.values), *self.pixels.shape)

    @property
    def device(self) -> torch.device:
        """Where the pixels are."""
        return self.pixels.device

    def current(self, weight: Tensor) -> Tensor:
        """One product for all steps."""
        return self.dense().to(weight.dtype) @ weight

    def dense(self) -> Tensor:
        """The values."""
        return self.values.float()

    def events(self) -> float:
        """Non-zero values per image."""
        return float((self.values != 0).sum()) / len(self.pixels)

    def work(self) -> Work:
        """Values are added where all of them are 0 or 1, and else multiplied."""
        return work_of(self.values, self.events())


@final
class WrittenEncoder:
    """Pixels to a drive by a function.

    Args:
        encode: The function.
        config: Handed to it.
    """

    def __init__(self, encode: Encode, config: TrialConfig) -> None:
        self._encode, self._config = encode, config

    def __call__(
        self,
        pixels: Tensor,
        generator: torch.Generator | None = None,
        key: Tensor | None = None,
    ) -> WrittenDrive:
        """Encode pixels (B, N) uint8; random numbers are those of the key or the generator."""
        check_pixels(pixels)
        drawn = _generator(generator, key)
        drive = WrittenDrive(pixels, self._encode(pixels.float() / 255, self._config, drawn))
        n_steps = drive.sizes.n_steps
        if n_steps != self._config.n_steps:
            raise ArrayError(f"encoding: gives {n_steps} steps, not {self._config.n_steps}")
        return drive


def _generator(generator: torch.Generator | None, key: Tensor | None) -> torch.Generator:
    """A generator on the CPU, seeded by the key or by one number of the generator."""
    if key is not None and key.numel():
        low, high = key.tolist()
        seed = (high << 31) ^ low
    else:
        device = None if generator is None else generator.device
        seed = int(torch.randint(2**62, (), generator=generator, device=device))
    return torch.Generator().manual_seed(seed)
