"""What an encoder hands to the network: the drive of one batch, in the form of its own code.

Shapes: B images, T steps, N pixels, H neurons.

A drive keeps the pixels and a table over the 256 grey levels, which is all that a fast kernel
needs; `dense` is the definition that every kernel is held to.
"""

from __future__ import annotations

from typing import Protocol, final

import torch
from torch import Tensor

GREY_LEVELS = 256


class Drive(Protocol):
    """Input of T time steps for B images."""

    @property
    def pixels(self) -> Tensor:
        """(B, N) uint8."""

    @property
    def table(self) -> Tensor:
        """(256,) what the code makes of every grey level; on the pixels' device."""

    @property
    def n_steps(self) -> int:
        """T."""

    def current(self, weight: Tensor) -> Tensor:
        """Input current (T, B, H) through weights (N, H), differentiable in the weights."""

    def dense(self) -> Tensor:
        """The same drive written out, (T, B, N)."""

    def events(self) -> float:
        """Non-zero inputs per image, summed over the steps."""


@final
class Table:
    """A table over the grey levels that is copied to a device once, not for every batch."""

    def __init__(self, values: Tensor) -> None:
        self._on = {values.device: values}
        self._values = values

    def on(self, device: torch.device) -> Tensor:
        """The values (256,) on a device."""
        if device not in self._on:
            self._on[device] = self._values.to(device)
        return self._on[device]


def look_up(table: Tensor, pixels: Tensor) -> Tensor:
    """The table's entry for every pixel (B, N) uint8."""
    # five times as fast as indexing with the pixels as they lie
    return table.index_select(0, pixels.flatten().int()).view(pixels.shape)


def total(table: Tensor, pixels: Tensor) -> float:
    """The table's entries summed over all pixels (B, N) uint8, divided by B."""
    histogram = pixels.flatten().bincount(minlength=GREY_LEVELS)
    return float((histogram * table).sum()) / len(pixels)
