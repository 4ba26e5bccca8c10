"""What a contender must do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

import torch
from torch import nn
from torch.nn import functional

from tests.benchmarks.workload import Workload

LEARNING_RATE = 1e-9  # the arithmetic of every step is done, the firing rate stays what it is


class Contender(Protocol):
    """A network on a batch, ready to compute again and again."""

    def step(self) -> None:
        """Forward, backward, Adam; done when it returns."""

    def infer(self) -> None:
        """Forward, without keeping anything for a backward pass."""

    def warm_up(self) -> None:
        """Compile and load what is to be compiled and loaded, without touching the whole batch."""


class TorchPeer:
    """A library on top of torch, given the spikes ready-made; readout and Adam are the same."""

    def __init__(self, network: nn.Module, workload: Workload) -> None:
        device = workload.inputs.device
        self.network, self.labels = network.to(device), workload.labels
        self.spikes = workload.dense().to(device)
        self.optimiser = torch.optim.Adam(network.parameters(), LEARNING_RATE, fused=True)

    def step(self) -> None:
        self._step(self.spikes.shape[1])

    def warm_up(self) -> None:
        self._step(2)

    def _step(self, n_images: int) -> None:
        logits = self.network(self.spikes[:, :n_images])
        loss = functional.cross_entropy(logits, self.labels[:n_images])
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        loss.item()

    @torch.no_grad()
    def infer(self) -> None:
        self.network(self.spikes).sum().item()


PEERS: Mapping[str, tuple[str, str]] = {
    "snnTorch": ("snntorch", "tests.benchmarks.peers.with_snntorch"),
    "Norse": ("norse", "tests.benchmarks.peers.with_norse"),
    "SpikingJelly": ("spikingjelly", "tests.benchmarks.peers.with_spikingjelly"),
    "Spyx": ("spyx", "tests.benchmarks.peers.with_spyx"),
}
"""By name: the package, and the module here that makes a contender of it."""

OURS = "spikesweep"
REFERENCE = "spikesweep, reference"


def installed() -> dict[str, Callable[[Workload], Contender]]:
    """How to make every contender that is installed, ours first."""
    from tests.benchmarks import ours

    makers: dict[str, Callable[[Workload], Contender]] = {
        OURS: ours.Fast,
        REFERENCE: ours.Reference,
    }
    for name, (package, module) in PEERS.items():
        if find_spec(package):
            makers[name] = _importing(module)
    return makers


def _importing(module: str) -> Callable[[Workload], Contender]:
    """A library is imported when it is its turn: not all of them go by the same warnings."""

    def make(workload: Workload) -> Contender:
        contender: Contender = import_module(module).make(workload)
        return contender

    return make
