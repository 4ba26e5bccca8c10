"""Training samples changed at random, by their kind: images are moved, and events are, too.

All random numbers are drawn on the CPU for each batch, so that a GPU sees the same samples.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any, NamedTuple

import torch
from torch import Tensor

from snn.config import TrialConfig
from snn.data.augmentation import Augmentation, Moves
from snn.data.base import Samples
from snn.data.events.augmentation import EventAugmentation
from snn.data.events.samples import EventSamples
from snn.data.shapes import Shape


class Chance(NamedTuple):
    """The random numbers of a batch; of what is not used, there are none.

    Attributes:
        moves: Of images.
        seed: (1,) int64, of what is done to events.
    """

    moves: Moves
    seed: Tensor


def draw(config: TrialConfig, n_samples: int, generator: torch.Generator) -> Chance:
    """The random numbers of a batch, from a generator on the CPU."""
    seed = torch.empty(0, dtype=torch.int64)
    if of_events(config).changes:
        seed = torch.randint(2**62, (1,), generator=generator)
    return Chance(of_images(config).draw(n_samples, generator), seed)


def of_images(config: TrialConfig) -> Augmentation:
    """What a configuration asks for of images."""
    return Augmentation(config.augment_shift, config.augment_rotation, config.augment_mirror)


def of_events(config: TrialConfig) -> EventAugmentation:
    """What a configuration asks for of events."""
    encoding = config.component("encoding")
    if encoding.takes != "events" or not config.uses_kind("encoding"):
        return EventAugmentation()
    keys = encoding.values(config)
    return EventAugmentation(
        blend=keys["event_blend"],
        stretch=keys["event_stretch"],
        shift=keys["event_shift"] / keys["time_bin"],
        unit_stretch=keys["event_unit_stretch"],
        unit_shift=keys["event_unit_shift"],
        jitter=keys["event_jitter"],
        drop=keys["event_drop"],
        noise=keys["event_noise"],
        counts=keys["counts"],
    )


@singledispatch
def augmented(
    samples: Any, labels: Tensor, config: TrialConfig, chance: Chance, shape: Shape | None
) -> Samples:
    """The samples of a batch, changed.

    Args:
        samples: Of the batch.
        labels: (B,).
        config: Says how much.
        chance: Their random numbers.
        shape: Of every sample.
    """
    raise TypeError(f"{type(samples).__name__}: these are no samples")


@augmented.register
def _(
    samples: Tensor, labels: Tensor, config: TrialConfig, chance: Chance, shape: Shape | None
) -> Samples:
    return of_images(config)(samples, chance.moves, shape)


@augmented.register
def _(
    samples: EventSamples, labels: Tensor, config: TrialConfig, chance: Chance, shape: Shape | None
) -> Samples:
    if not chance.seed.numel():
        return samples
    size = shape or Shape(1, samples.n_inputs)
    return of_events(config)(samples, labels, size, int(chance.seed))


def chosen(samples: Samples, places: Tensor, recorded: bool) -> Samples:
    """The samples at these places (B,); of a recorded step, in arrays of sizes known before."""
    if recorded and isinstance(samples, EventSamples):
        return samples.select_padded(places)
    return samples.index_select(0, places)  # rows whole: faster than [places]
