"""What an encoder hands to the network: the drive of one batch, in the cheapest exact form.

Shapes: B images, T steps, N pixels, H neurons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional


class Drive(Protocol):
    """Input of T time steps for B images."""

    def current(self, weight: Tensor) -> Tensor:
        """Input current (T, B, H) through weights (N, H), differentiable in the weights."""

    def dense(self) -> Tensor:
        """The same drive written out, (T, B, N)."""

    def events(self) -> float:
        """Non-zero inputs per image, summed over the steps."""


@dataclass(frozen=True)
class SpikeEvents:
    """At most one spike per pixel, as a list: an image has about 125 of them, not T · N inputs.

    Attributes:
        steps: (B, N) firing step of every pixel; T or more for never.
        n_steps: T.
    """

    steps: Tensor
    n_steps: int

    def current(self, weight: Tensor) -> Tensor:
        """Sums of weight rows: one bag of rows per step and image."""
        batch = len(self.steps)
        image, pixel = (self.steps < self.n_steps).nonzero(as_tuple=True)
        bag = self.steps[image, pixel] * batch + image
        order = bag.argsort(stable=True)
        sizes = torch.bincount(bag, minlength=self.n_steps * batch)
        offsets = sizes.cumsum(0) - sizes
        rows = functional.embedding_bag(pixel[order], weight, offsets, mode="sum")
        return rows.view(self.n_steps, batch, -1)

    def dense(self) -> Tensor:
        """Ones at the firing steps."""
        batch, pixels = self.steps.shape
        slots = torch.zeros(self.n_steps + 1, batch, pixels, device=self.steps.device)
        return slots.scatter_(0, self.steps.clamp(max=self.n_steps)[None], 1.0)[:-1]

    def events(self) -> float:
        """Spikes per image."""
        return float((self.steps < self.n_steps).sum()) / len(self.steps)


@dataclass(frozen=True)
class SpikeTrain:
    """Any number of spikes per pixel: `spikes` (T, B, N) of 0.0 and 1.0."""

    spikes: Tensor

    def current(self, weight: Tensor) -> Tensor:
        """One product for all steps."""
        return self.spikes @ weight

    def dense(self) -> Tensor:
        """The spikes themselves."""
        return self.spikes

    def events(self) -> float:
        """Spikes per image."""
        return float(self.spikes.sum()) / self.spikes.shape[1]


@dataclass(frozen=True)
class ConstantCurrent:
    """The same input at every one of `n_steps` steps: `values` (B, N)."""

    values: Tensor
    n_steps: int

    def current(self, weight: Tensor) -> Tensor:
        """One product, hoisted out of the time loop."""
        return (self.values @ weight).expand(self.n_steps, -1, -1)

    def dense(self) -> Tensor:
        """The values, repeated."""
        return self.values.expand(self.n_steps, -1, -1)

    def events(self) -> float:
        """Non-zero values per image, counted at every step."""
        return float((self.values != 0).sum()) / len(self.values) * self.n_steps
