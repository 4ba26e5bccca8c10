"""Training samples changed at random, by their kind: images are moved; events pass as they are."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from torch import Tensor

from snn.config import TrialConfig
from snn.data.augmentation import Augmentation, Moves
from snn.data.base import Samples
from snn.data.events.samples import EventSamples
from snn.data.shapes import Shape


def augmentation(config: TrialConfig) -> Augmentation:
    """What a configuration asks for of images."""
    return Augmentation(config.augment_shift, config.augment_rotation, config.augment_mirror)


@singledispatch
def augmented(samples: Any, config: TrialConfig, moves: Moves, shape: Shape | None) -> Samples:
    """The samples of a batch, changed by the random numbers of `moves`.

    Args:
        samples: Of the batch.
        config: Says how much.
        moves: One row a sample.
        shape: Of every sample.
    """
    raise TypeError(f"{type(samples).__name__}: these are no samples")


@augmented.register
def _(samples: Tensor, config: TrialConfig, moves: Moves, shape: Shape | None) -> Samples:
    return augmentation(config)(samples, moves, shape)


@augmented.register
def _(samples: EventSamples, config: TrialConfig, moves: Moves, shape: Shape | None) -> Samples:
    return samples
