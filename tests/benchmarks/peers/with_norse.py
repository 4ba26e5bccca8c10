"""Norse: LIF, or the recurrent LSNN, which adapts; a leaky integrator reads out."""

from __future__ import annotations

import norse.torch as norse
import torch
from torch import Tensor, nn

from tests.benchmarks.contender import TorchPeer
from tests.benchmarks.workload import N_CLASSES, Workload


class Network(nn.Module):
    """The products with the input and with the spikes are taken out of the loops."""

    def __init__(self, workload: Workload) -> None:
        super().__init__()
        layer = workload.network.kernel_layers()[0]
        n_neurons = layer.weight.shape[1]
        self.n_steps = workload.config.n_steps
        self.weight = nn.Parameter(layer.weight.detach().clone())
        self.hidden = norse.LIF()
        if layer.recurrent is not None:
            self.hidden = norse.LSNNRecurrent(n_neurons, n_neurons)
            with torch.no_grad():
                self.hidden.input_weights.copy_(torch.eye(n_neurons))
                self.hidden.recurrent_weights.copy_(layer.recurrent.T)
        self.readout = nn.Linear(n_neurons, N_CLASSES)
        self.leak = norse.LI()

    def forward(self, spikes: Tensor) -> Tensor:
        current = (spikes @ self.weight).expand(self.n_steps, -1, -1)
        fired, _ = self.hidden(current)
        trace, _ = self.leak(self.readout(fired))
        return trace.amax(dim=0)


def make(workload: Workload) -> TorchPeer:
    return TorchPeer(Network(workload), workload)
