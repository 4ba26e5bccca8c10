"""Binned events as torch computes with them: packed, never dense.

Shapes: B samples, T steps, N inputs, E events.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from snn.data.events.binning import Bins
from snn.errors import ArrayError


@dataclass(frozen=True, eq=False)
class EventSamples:
    """Who fires when in B samples.

    Attributes:
        units: (E,) int32, or int16 for fewer than 32,768 inputs: sorted by sample and step.
        offsets: (B · T + 1,) int64: step t of sample b has the units from `offsets[b · T + t]` to
            the next.
        n_steps: T.
        n_inputs: N.
        padded: Whether the units go on after the last offset; what is there counts for nothing.

    Raises:
        ArrayError: An array is not of this type, shape or range.
    """

    units: Tensor
    offsets: Tensor
    n_steps: int
    n_inputs: int
    padded: bool = False

    def __post_init__(self) -> None:
        units, offsets = self.units, self.offsets
        for name, tensor, types in (
            ("units", units, (torch.int16, torch.int32)),
            ("offsets", offsets, (torch.int64,)),
        ):
            if not isinstance(tensor, Tensor) or tensor.dim() != 1 or tensor.dtype not in types:
                raise ArrayError(f"{name}: must be a row of {' or '.join(map(str, types))}")
            if tensor.layout != torch.strided or not tensor.is_contiguous():
                raise ArrayError(f"{name}: must be contiguous")
        if units.device != offsets.device:
            raise ArrayError(f"units: on {units.device}, and offsets on {offsets.device}")
        if self.n_steps < 1 or self.n_inputs < 1 or (len(offsets) - 1) % self.n_steps:
            raise ArrayError("offsets: must be one for each step of each sample, and one more")
        if units.device.type == "cpu":  # to look at a GPU's would be to wait for it
            self._check_values()

    def _check_values(self) -> None:
        offsets, units = self.offsets, self.units
        rising = bool((offsets.diff() >= 0).all())
        fits = offsets[-1] <= len(units) if self.padded else offsets[-1] == len(units)
        if offsets[0] != 0 or not fits or not rising:
            raise ArrayError(f"offsets: must rise from 0 to {len(units)}, the number of events")
        if len(units) and (int(units.min()) < 0 or int(units.max()) >= self.n_inputs):
            raise ArrayError(f"units: must be 0 to {self.n_inputs - 1}")

    @classmethod
    def of(cls, bins: Bins, n_steps: int, n_inputs: int, places: Any) -> EventSamples:
        """The samples of bins at these places, in arrays of their own."""
        begins, ends = bins.offsets[places * n_steps], bins.offsets[(places + 1) * n_steps]
        units = [bins.units[a:b] for a, b in zip(begins, ends, strict=True)]
        sizes = np.diff(bins.offsets).reshape(-1, n_steps)[places].ravel()
        dtype = np.int16 if n_inputs <= 2**15 else np.int32
        joined = np.concatenate(units) if units else np.empty(0, dtype)
        offsets = np.concatenate([[0], np.cumsum(sizes)])
        return cls(
            torch.from_numpy(joined.astype(dtype)), torch.from_numpy(offsets), n_steps, n_inputs
        )

    @classmethod
    def from_dense(cls, spikes: Tensor) -> EventSamples:
        """From spikes (B, T, N), written out; whole numbers, of which those above 0 are events.

        Raises:
            ArrayError: They are of another shape.
        """
        if not isinstance(spikes, Tensor) or spikes.dim() != 3:
            raise ArrayError("spikes: must be a tensor (samples, steps, inputs)")
        batch, n_steps, n_inputs = spikes.shape
        bag, unit = spikes.reshape(-1, n_inputs).nonzero(as_tuple=True)
        times = spikes.reshape(-1, n_inputs)[bag, unit].long()
        sizes = torch.zeros(batch * n_steps, dtype=torch.int64).index_add_(0, bag, times)
        units = unit.repeat_interleave(times).to(_type(n_inputs))
        return cls(units, _rising(sizes), n_steps, n_inputs)

    def __len__(self) -> int:
        return (len(self.offsets) - 1) // self.n_steps

    @property
    def device(self) -> torch.device:
        """Where they are."""
        return self.units.device

    def to(self, device: torch.device | str, /) -> EventSamples:
        """The same samples on a device."""
        return self._with(self.units.to(device), self.offsets.to(device))

    def index_select(self, dim: int, index: Tensor, /) -> EventSamples:
        """The samples at these places (B,); `dim` is 0."""
        assert dim == 0
        sizes = self.sizes.index_select(0, index)
        counts = sizes.sum(dim=1)
        begins = self.offsets[index * self.n_steps]
        take = copied if self.device.type == "cpu" else gathered
        return self._with(take(self.units, begins, counts), _rising(sizes.flatten()))

    def select_padded(self, index: Tensor) -> EventSamples:
        """The samples at these places (B,), in arrays whose sizes do not depend on which they are.

        So a GPU need not be asked how many events there are, and the step can be recorded.
        """
        sizes = self.sizes.index_select(0, index)
        begins = self.offsets[index * self.n_steps]
        offsets = _rising(sizes.flatten())
        starts = offsets[:: self.n_steps]
        places = torch.arange(len(index) * self._most, device=self.device)
        sample = torch.searchsorted(starts[1:].contiguous(), places, right=True).clamp_(
            max=len(index) - 1
        )
        taken = places + (begins - starts[:-1])[sample]
        units = self.units[taken.clamp_(max=max(len(self.units) - 1, 0))]
        return EventSamples(units, offsets, self.n_steps, self.n_inputs, padded=True)

    @cached_property
    def _most(self) -> int:
        """Events of the sample that has the most; waits for the device, once."""
        return int(self.sizes.sum(dim=1).max()) if len(self) else 0

    @property
    def packed(self) -> Tensor:
        """(E,) the units that are events; waits for the device where there are others."""
        return self.units[: int(self.offsets[-1])] if self.padded else self.units

    def split(self, size: int, /) -> tuple[EventSamples, ...]:
        """The samples in parts of so many, in their order."""
        parts = []
        for first in range(0, len(self), size):
            last = min(first + size, len(self))
            offsets = self.offsets[first * self.n_steps : last * self.n_steps + 1]
            units = self.units[int(offsets[0]) : int(offsets[-1])]
            parts.append(self._with(units, offsets - offsets[0]))
        return tuple(parts)

    @property
    def sizes(self) -> Tensor:
        """(B, T) events of every step."""
        return self.offsets.diff().view(-1, self.n_steps)

    def bags(self) -> Tensor:
        """(E,) int64, sample · T + step of every event; B · T of what is no event."""
        sizes = self.offsets.diff()
        if not self.padded:
            return torch.arange(len(sizes), device=self.device).repeat_interleave(sizes)
        places = torch.arange(len(self.units), device=self.device)
        return torch.searchsorted(self.offsets[1:], places, right=True)

    def counts(self) -> Tensor:
        """(B, N) float32, events of every input over all steps."""
        return self._counted(self.bags() // self.n_steps, len(self))

    def raster(self) -> Tensor:
        """(B, T, N) float32, events of every step and input, written out."""
        found = self._counted(self.bags(), len(self) * self.n_steps)
        return found.view(len(self), self.n_steps, self.n_inputs)

    def _counted(self, rows: Tensor, n_rows: int) -> Tensor:
        """(rows, N) float32, events of every row and input; those of rows beyond are left out."""
        found = torch.zeros(n_rows + self.padded, self.n_inputs, device=self.device)
        one = torch.ones((), device=self.device)
        return found.index_put_((rows, self.units.long()), one, accumulate=True)[:n_rows]

    def _with(self, units: Tensor, offsets: Tensor) -> EventSamples:
        return EventSamples(units, offsets, self.n_steps, self.n_inputs)


def copied(units: Tensor, begins: Tensor, counts: Tensor) -> Tensor:
    """Parts of the units, one after the other, in a copy each: the fastest on a CPU."""
    parts = zip(begins.tolist(), (begins + counts).tolist(), strict=True)
    return torch.cat([units[:0], *(units[first:last] for first, last in parts)])


def gathered(units: Tensor, begins: Tensor, counts: Tensor) -> Tensor:
    """The same by one index for each event: the fastest on a GPU."""
    skipped = begins - (counts.cumsum(0) - counts)
    inside = torch.arange(int(counts.sum()), device=units.device)
    inside += skipped.repeat_interleave(counts)
    return units.index_select(0, inside)


def _type(n_inputs: int) -> torch.dtype:
    return torch.int16 if n_inputs <= 2**15 else torch.int32


def _rising(sizes: Tensor) -> Tensor:
    """(n + 1,) where each of n parts begins, and where the last ends."""
    return torch.cat([sizes.new_zeros(1), sizes.cumsum(0)])
