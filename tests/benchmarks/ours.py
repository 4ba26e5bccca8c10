"""This project as a contender: it starts from pixels or packed events in every step."""

from __future__ import annotations

import copy

import torch
from torch.nn import functional

from snn.kernels.adam import Adam
from snn.kernels.cpu.threads import taken_from_torch
from snn.networks.spiking import SpikingNetwork
from tests.benchmarks.contender import LEARNING_RATE
from tests.benchmarks.workload import Workload


class Fast:
    """With the backend that `auto` chooses, in a step as `snn.Trainer` does it."""

    backend = "auto"

    def __init__(self, workload: Workload) -> None:
        config = workload.config.model_copy(update={"backend": self.backend})
        made = workload.network
        network = SpikingNetwork(config, made.n_pixels, made.n_classes, made.shape)
        self.network = network.to(workload.inputs.device)
        self.network.load_state_dict(copy.deepcopy(made.state_dict()))
        self.inputs, self.labels = workload.inputs, workload.labels
        self.optimiser = Adam(self.network.parameters(), LEARNING_RATE, fused=True)

    def step(self) -> None:
        self._step(len(self.labels))

    def warm_up(self) -> None:
        self._step(2)

    def _step(self, n_images: int) -> None:
        with taken_from_torch():
            logits = self.network(self.inputs.split(n_images)[0]).logits
            loss = functional.cross_entropy(logits, self.labels[:n_images])
            self.optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimiser.step()
            loss.item()

    @torch.no_grad()
    def infer(self) -> None:
        with taken_from_torch():
            self.network(self.inputs).logits.sum().item()


class Reference(Fast):
    """With the plain autograd definition."""

    backend = "reference"

    def _step(self, n_images: int) -> None:
        logits = self.network(self.inputs.split(n_images)[0]).logits
        loss = functional.cross_entropy(logits, self.labels[:n_images])
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        loss.item()

    @torch.no_grad()
    def infer(self) -> None:
        self.network(self.inputs).logits.sum().item()
