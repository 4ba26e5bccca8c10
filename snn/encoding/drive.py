"""What an encoder hands to the network: the drive of one batch, in the form of its own code.

Shapes: B samples, T steps, N inputs, H neurons.

`dense` is the definition that every kernel is held to. Beside it a drive keeps what fast kernels
need, in whatever form it likes: a `PixelDrive` keeps the pixels and a table over the 256 grey
levels. A compiled backend has a function for each kind of drive that it takes (`snn.kernels.cpu`,
`snn.kernels.gpu`); the reference takes any.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, final

import torch
from torch import Tensor

from snn.data.pixels import check_pixels
from snn.errors import ArrayError

GREY_LEVELS = 256


class Sizes(NamedTuple):
    """The shape of a drive that is written out.

    Attributes:
        n_steps: T.
        n_samples: B.
        n_inputs: N.
    """

    n_steps: int
    n_samples: int
    n_inputs: int


class Work(NamedTuple):
    """Inputs per sample that each cost a row of weights, counted once where it is computed once.

    Attributes:
        multiplied: Currents: a multiply-accumulate for each weight of the row.
        added: Spikes: an accumulate for each.
    """

    multiplied: float
    added: float


class Drive(Protocol):
    """Input of T time steps for B samples."""

    @property
    def sizes(self) -> Sizes:
        """T, B and N."""

    @property
    def device(self) -> torch.device:
        """Where it is."""

    def current(self, weight: Tensor) -> Tensor:
        """Input current (T, B, H) through weights (N, H), differentiable in the weights."""

    def dense(self) -> Tensor:
        """The same drive written out, (T, B, N)."""

    def events(self) -> float:
        """Non-zero inputs per sample, summed over the steps."""

    def work(self) -> Work:
        """What `current` multiplies and adds per sample."""


class PixelDrive:
    """What the drives of single pixels share.

    Attributes:
        pixels: (B, N) uint8.
        table: (256,) what the code makes of every grey level; on the pixels' device.
        n_steps: T.
    """

    pixels: Tensor
    table: Tensor
    n_steps: int

    @property
    def sizes(self) -> Sizes:
        """T, B and N."""
        return Sizes(self.n_steps, *self.pixels.shape)

    @property
    def device(self) -> torch.device:
        """Where the pixels are."""
        return self.pixels.device

    def events(self) -> float:
        """Non-zero inputs per image, summed over the steps."""
        raise NotImplementedError

    def work(self) -> Work:
        """Every spike is added."""
        return Work(multiplied=0.0, added=self.events())


def work_of(values: Tensor, count: float) -> Work:
    """What `count` non-zero values per sample cost: spikes are added, others are multiplied.

    Args:
        values: Of all samples; spikes if all are 0 or 1, as in NeuroBench (Yik et al., 2025).
        count: Of those that are not 0, per sample.
    """
    spikes = bool(((values == 0) | (values == 1)).all())
    return Work(0.0, count) if spikes else Work(count, 0.0)


@final
class Table:
    """Numbers that are copied to a device once, not for every batch: to copy is to wait for it."""

    def __init__(self, values: Tensor) -> None:
        self._on = {values.device: values}
        self._values = values

    def on(self, device: torch.device) -> Tensor:
        """The values on a device."""
        if device not in self._on:
            self._on[device] = self._values.to(device)
        return self._on[device]


def check(drive: PixelDrive, dtype: torch.dtype, lowest: int) -> None:
    """Refuse a drive that compiled code would read wrongly; for `__post_init__`.

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
    in_range = (
        table.device.type != "cpu" or table.detach().numpy().min() >= lowest
    )  # NaN is not, either
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
