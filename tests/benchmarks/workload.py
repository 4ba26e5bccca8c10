"""What every contender computes: one network on one batch of real images or recorded events."""

from __future__ import annotations

import copy
import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from snn.config import TrialConfig
from snn.data import Dataset, load
from snn.data.base import Data
from snn.networks.spiking import SpikingNetwork
from snn.training.trainer import Trainer

N_CLASSES = 10
_ROUNDS = 24  # of a bisection


class Workload(NamedTuple):
    """A network with its weights, and a batch.

    Attributes:
        network: Its configuration has the sizes; contenders take the weights that they have, too.
        inputs: Pixels (B, N) uint8, or samples of events.
        labels: (B,).
    """

    network: SpikingNetwork
    inputs: Any
    labels: Tensor

    @property
    def config(self) -> TrialConfig:
        return self.network.config

    def dense(self) -> Tensor:
        """The encoded batch (T, B, N), as the other libraries take it.

        It is (1, B, N) of a constant code: nobody need do the same product T times.
        """
        dense = self.network.encoder(self.inputs).dense()
        return (dense[:1] if self.config.encoding == "constant" else dense).contiguous()

    @torch.no_grad()
    def rate(self) -> float:
        """Spikes per hidden neuron and step."""
        counts = self.network(self.inputs).counts
        return sum(float(c.mean()) for c in counts) / len(counts) / self.config.n_steps

    @torch.no_grad()
    def at_rate(self, rate: float) -> Workload:
        """The same with all weights from the pixels shifted so that this rate is reached.

        Scaling them would not do: after its reset a neuron waits for the next input, however
        strong it is.
        """
        spread = self.network.layers[0].weight.std()
        low, high = -200.0, 200.0
        for _ in range(_ROUNDS):
            shifted = copy.deepcopy(self)
            middle = (low + high) / 2
            shifted.network.layers[0].weight += middle * spread
            low, high = (middle, high) if shifted.rate() < rate else (low, middle)
        return shifted

    def on(self, device: str) -> Workload:
        return Workload(
            self.network.to(device), self.inputs.to(device), self.labels.long().to(device)
        )


@functools.cache
def mnist() -> Dataset:
    return load("mnist")


_trained: dict[TrialConfig, SpikingNetwork] = {}  # data sets have no hash


def workload(batch: int = 256, *, trained: bool = False, **keys: object) -> Workload:
    """The first images of MNIST and a network, after one epoch of training or before it."""
    config = TrialConfig.parse({"dynamics": "alif", "encoding": "latency"} | keys)
    network = _after_an_epoch(config, mnist()) if trained else SpikingNetwork(config)
    images, labels = mnist().train_images[:batch], mnist().train_labels[:batch]
    return Workload(
        copy.deepcopy(network), torch.from_numpy(images.copy()), torch.from_numpy(labels.copy())
    )


def of_events(data: Data, batch: int, keys: Mapping[str, object]) -> Workload:
    """The first samples of a data set of events and a network, after one epoch of training."""
    config = TrialConfig.parse({"dataset": data.name, "encoding": "events"} | dict(keys))
    network = _after_an_epoch(config, data)
    samples = data.seen_by(config).train(np.arange(batch))
    return Workload(
        copy.deepcopy(network), samples, torch.from_numpy(data.train_labels[:batch].copy())
    )


def _after_an_epoch(config: TrialConfig, data: Data) -> SpikingNetwork:
    """Trained once for all sections; `data` is what the configuration names."""
    if config not in _trained:
        trainer = Trainer(config, data)
        trainer.train_epoch()
        assert isinstance(trainer.network, SpikingNetwork)
        _trained[config] = trainer.network
    return _trained[config]
