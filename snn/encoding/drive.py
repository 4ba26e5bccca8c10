"""What an encoder hands to the network: the drive of one batch, in the form of its own code.

Shapes: B images, T steps, N pixels, H neurons.

A drive keeps the pixels and a table over the 256 grey levels, which is all that a fast kernel
needs; `dense` is the definition that every kernel is held to.
"""

from __future__ import annotations

from typing import Protocol, final

import torch
from torch import Tensor

from snn.data.pixels import check_pixels
from snn.errors import ArrayError

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


def check(drive: Drive, dtype: torch.dtype, lowest: int) -> None:
    """Refuse a drive that compiled code would read wrongly; for `__post_init__` of every drive.

    Args:
        drive: Just made.
        dtype: Of its table.
        lowest: Of the table's entries; lower ones are no places in an array. They are looked at on
            the CPU only: to look at a GPU's would be to wait for it.

    Raises:
        ArrayError: The pixels are no (B, N) uint8, or the table has not 256 entries of this type.
    """
    check_pixels(drive.pixels)
    table, n_steps = drive.table, drive.n_steps
    if not isinstance(table, Tensor) or table.dtype != dtype or table.shape != (GREY_LEVELS,):
        raise ArrayError(f"table: must be {GREY_LEVELS} entries of {dtype}, one per grey level")
    in_range = table.device.type != "cpu" or bool((table >= lowest).all())  # NaN is not, either
    if not table.is_contiguous() or not in_range:
        raise ArrayError(f"table: must be contiguous, of entries from {lowest} on")
    if not isinstance(n_steps, int) or n_steps < 1:
        raise ArrayError(f"n_steps: must be a whole number from 1 on, got {n_steps!r}")


def look_up(table: Tensor, pixels: Tensor) -> Tensor:
    """The table's entry for every pixel (B, N) uint8."""
    # five times as fast as indexing with the pixels as they lie
    return table.index_select(0, pixels.flatten().int()).view(pixels.shape)


def total(table: Tensor, pixels: Tensor) -> float:
    """The table's entries summed over all pixels (B, N) uint8, divided by B."""
    histogram = pixels.flatten().bincount(minlength=GREY_LEVELS)
    return float((histogram * table).sum()) / len(pixels)
