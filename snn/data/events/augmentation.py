"""Training samples of events changed at random, each on its own.

Sources: shifts of units and of single events, Cramer et al., "The Heidelberg spiking data sets",
2020; blended samples, Nowotny, Turner & Knight, "Loss shaping enhances exact gradient learning with
Eventprop in spiking neural networks", 2022.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from snn.data.events.samples import EventSamples
from snn.data.shapes import Shape

_Draw = Callable[..., Tensor]


class _Flat(NamedTuple):
    """Events one by one, arrays (E,): the sample, the step, the input."""

    sample: Tensor
    step: Tensor
    unit: Tensor

    def at(self, kept: Tensor) -> _Flat:
        """Those that are kept."""
        places = kept.nonzero().flatten()  # once: indexing by `kept` would seek them three times
        return _Flat(*(each.index_select(0, places) for each in self))

    def joined(self, other: _Flat) -> _Flat:
        """These and others."""
        return _Flat(*(torch.cat(pair) for pair in zip(self, other, strict=True)))


class EventAugmentation(NamedTuple):
    """What is done to events, and how much of it; in this order.

    Attributes:
        blend: Share of samples that become a mixture with another of their class: every event of
            both is kept with probability ½.
        stretch: A sample is made longer or shorter by up to this share, from its first step on;
            what leaves is cut.
        shift: A sample is moved by up to so many steps, either way; what leaves is cut.
        unit_stretch: The inputs of a sample are moved away from the middle of their row, or to it,
            by up to this share of their distance from it (cameras: in x): a longer vocal tract.
        unit_shift: A sample is moved by up to so many inputs, either way (cameras: in x and in y).
        jitter: Standard deviation, in inputs, by which every event is moved (cameras: in x and y).
        drop: Share of the events that are left out.
        noise: Events at random steps and inputs, as a share of the batch's mean number.
        counts: Whether an input can have more than one event in a step.
    """

    blend: float = 0.0
    stretch: float = 0.0
    shift: float = 0.0
    unit_stretch: float = 0.0
    unit_shift: float = 0.0
    jitter: float = 0.0
    drop: float = 0.0
    noise: float = 0.0
    counts: bool = False

    @property
    def changes(self) -> bool:
        """Whether anything is done."""
        return any(self[:-1])

    def __call__(
        self, samples: EventSamples, labels: Tensor, shape: Shape, seed: int
    ) -> EventSamples:
        """The samples of a batch, changed.

        Args:
            samples: B of them.
            labels: (B,).
            shape: Of the inputs.
            seed: Of all random numbers, which are drawn on the CPU: a GPU sees the same events.
        """
        if not self.changes:
            return samples
        generator, device = torch.Generator().manual_seed(seed), samples.device
        samples, labels = samples.to("cpu"), labels.cpu()
        rand = partial(torch.rand, generator=generator)
        found, n_steps = _flat(samples), samples.n_steps
        if self.blend:
            found = self._blended(found, samples, labels, rand)
        if self.stretch:
            factor = 1 + (rand(len(samples)) * 2 - 1) * self.stretch
            # Events lie anywhere in their step: so a longer sample has no empty steps between.
            time = (found.step + rand(len(found.step))) * factor[found.sample]
            found = found._replace(step=time.long()).at(time < n_steps)
        if self.shift:
            moved = ((rand(len(samples)) * 2 - 1) * self.shift).round().long()
            step = found.step + moved[found.sample]
            found = found._replace(step=step).at((step >= 0) & (step < n_steps))
        if self.unit_stretch:
            factor = (rand(len(samples)) * 2 - 1) * self.unit_stretch
            x = found.unit // shape.channels % shape.width
            away = (x + 0.5 - shape.width / 2) * factor[found.sample]
            found = _moved(found, shape, away.round().long(), torch.zeros((), dtype=torch.int64))
        if self.unit_shift:
            moved = ((rand(2, len(samples)) * 2 - 1) * self.unit_shift).round().long()
            found = _moved(found, shape, *moved[:, found.sample])
        if self.jitter:
            moved = torch.randn(2, len(found.unit), generator=generator) * self.jitter
            found = _moved(found, shape, *moved.round().long())
        if self.drop:
            found = found.at(rand(len(found.unit)) >= self.drop)
        if self.noise:
            found = found.joined(self._noise(samples, rand))
        return _packed(found, samples, self.counts).to(device)

    def _blended(self, found: _Flat, samples: EventSamples, labels: Tensor, rand: _Draw) -> _Flat:
        """Half of the events of some samples, and half of those of others of their classes."""
        alike = labels[:, None] == labels
        partner = (rand(len(labels), len(labels)) * alike).argmax(dim=1)  # may be itself
        chosen = (rand(len(labels)) < self.blend) & (partner != torch.arange(len(labels)))
        others = _flat(samples.index_select(0, partner))
        mine = ~chosen[found.sample] | (rand(len(found.unit)) < 0.5)
        theirs = chosen[others.sample] & (rand(len(others.unit)) < 0.5)
        return found.at(mine).joined(others.at(theirs))

    def _noise(self, samples: EventSamples, rand: _Draw) -> _Flat:
        count = round(self.noise * len(samples.units))
        sizes = len(samples), samples.n_steps, samples.n_inputs
        return _Flat(*((rand(count) * size).long().clamp(max=size - 1) for size in sizes))


def _flat(samples: EventSamples) -> _Flat:
    bags = samples.bags()
    return _Flat(bags // samples.n_steps, bags % samples.n_steps, samples.units.long())


def _moved(found: _Flat, shape: Shape, right: Tensor, down: Tensor) -> _Flat:
    """Events moved among the inputs, a row of units in one direction only; what leaves is cut."""
    height, width, channels = shape
    if height == channels == 1:  # the same without divisions, which take longest
        unit = found.unit + right
        return found._replace(unit=unit).at((unit >= 0) & (unit < width))
    y, x, channel = (
        found.unit // (width * channels),
        found.unit // channels % width,
        found.unit % channels,
    )
    x = x + right
    if height > 1:
        y = y + down
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return found._replace(unit=(y * width + x) * channels + channel).at(inside)


def _sorted(key: Tensor, below: int) -> Tensor:
    """Keys from 0 on in rising order; counted rather than compared where there are many of each."""
    if below > len(key):
        return key.sort().values
    return torch.arange(below).repeat_interleave(torch.bincount(key, minlength=below))


def _packed(found: _Flat, like: EventSamples, counts: bool) -> EventSamples:
    key = (found.sample * like.n_steps + found.step) * like.n_inputs + found.unit
    key = _sorted(key, len(like) * like.n_steps * like.n_inputs)
    if not counts:
        key = key[key.diff(prepend=key.new_full((1,), -1)) > 0]
    n_bags = len(like) * like.n_steps
    sizes = torch.bincount(key // like.n_inputs, minlength=n_bags)
    offsets = torch.cat([sizes.new_zeros(1), sizes.cumsum(0)])
    units = (key % like.n_inputs).to(like.units.dtype)
    return EventSamples(units, offsets, like.n_steps, like.n_inputs)
