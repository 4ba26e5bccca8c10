"""The random numbers of a training.

Every number comes from (seed, epoch, purpose), never from a stream that runs on: a training that is
resumed from its state after any epoch continues with the same numbers, bit for bit. All are drawn
on the CPU: a GPU sees the same batches, and the same spikes in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from snn.config import TrialConfig
from snn.encoding import draw_key
from snn.networks.own import seeded
from snn.training import augmenting
from snn.training.regularisation import draw_masks
from snn.training.stepping import Batch


class Purpose(IntEnum):
    """What numbers are drawn for; the values are part of every seed, so they stay as they are."""

    SHUFFLE = 0
    TRAIN_SPIKES = 1
    VAL_SPIKES = 2
    TEST_SPIKES = 3
    AUGMENT = 4
    DROPOUT = 5
    OWN = 6


_OF_SPIKES = frozenset({Purpose.TRAIN_SPIKES, Purpose.VAL_SPIKES, Purpose.TEST_SPIKES})


class _Streams(NamedTuple):
    """The random numbers of an epoch of training, one stream for each purpose."""

    spikes: torch.Generator
    augment: torch.Generator
    dropout: torch.Generator

    def draw(self, config: TrialConfig, chosen: Tensor, rates: Tensor) -> Batch:
        """The random numbers of the next batch, those that the configuration uses."""
        key = torch.empty(0, dtype=torch.int64)
        if config.component("encoding").random:
            key = draw_key(self.spikes)
        chance = augmenting.draw(config, len(chosen), self.augment)
        masks = draw_masks(config, self.dropout)
        return Batch(chosen, rates, key, *chance.moves, masks, chance.seed)


@dataclass(frozen=True)
class Draws:
    """All random numbers of the training of a configuration."""

    config: TrialConfig

    def batches(self, n: int, epoch: int, rates: Callable[[int], Tensor]) -> Iterator[Batch]:
        """The batches of an epoch.

        Args:
            n: Samples.
            epoch: Which, from 0 on.
            rates: Learning rates of all groups of parameters at a step of the epoch.
        """
        order = torch.randperm(n, generator=self.generator(Purpose.SHUFFLE, epoch))
        streams = _Streams(
            spikes=self.generator(Purpose.TRAIN_SPIKES, epoch),
            augment=self.generator(Purpose.AUGMENT, epoch),
            dropout=self.generator(Purpose.DROPOUT, epoch),
        )
        for step, chosen in enumerate(torch.split(order, self.config.batch_size)):
            yield streams.draw(self.config, chosen, rates(step))

    def generator(self, purpose: Purpose, epoch: int = 0) -> torch.Generator:
        """A generator for one purpose; validation and test have the same numbers in every epoch."""
        return torch.Generator().manual_seed(self._seed(purpose, epoch))

    def of_torch(self, purpose: Purpose, epoch: int = 0) -> AbstractContextManager[None]:
        """Torch's own generators, seeded for a network of a user, which may draw from them."""
        if not self.config.has_own_network:
            return nullcontext()
        return seeded(self._seed(Purpose.OWN, purpose, epoch))

    def _seed(self, *purpose: int) -> int:
        seed = self.config.seed_of("spikes" if purpose[0] in _OF_SPIKES else "order")
        sequence = np.random.SeedSequence([seed, *map(int, purpose)])
        return int(sequence.generate_state(1)[0])
