"""SpikingJelly: multi-step LIF nodes; with recurrence, its container around a node."""

from __future__ import annotations

import math

import torch
from spikingjelly.activation_based import functional, layer, neuron
from torch import Tensor, nn

from tests.benchmarks.contender import TorchPeer
from tests.benchmarks.workload import N_CLASSES, Workload


class Network(nn.Module):
    """The products with the input and with the spikes are taken out of the loops."""

    def __init__(self, workload: Workload) -> None:
        super().__init__()
        config, ours = workload.config, workload.network.kernel_layers()[0]
        n_neurons = ours.weight.shape[1]
        tau = 1 / (1 - math.exp(-config.dt / config.tau_mem))
        self.n_steps = workload.config.n_steps
        self.weight = nn.Parameter(ours.weight.detach().clone())
        keys = {"tau": tau, "decay_input": False, "v_threshold": config.threshold}
        if ours.recurrent is None:
            self.hidden = neuron.LIFNode(step_mode="m", **keys)
        else:
            node = neuron.LIFNode(step_mode="s", **keys)
            self.hidden = layer.LinearRecurrentContainer(
                node, n_neurons, n_neurons, bias=False, step_mode="m"
            )
            with torch.no_grad():
                own = ours.recurrent.detach().T
                both = torch.cat([torch.eye(n_neurons, device=own.device), own], dim=1)
                self.hidden.rc.weight.copy_(both)
        self.readout = nn.Linear(n_neurons, N_CLASSES)
        self.leak = layer.SynapseFilter(tau=config.tau_out / config.dt, step_mode="m")

    def forward(self, spikes: Tensor) -> Tensor:
        functional.reset_net(self)
        current = (spikes @ self.weight).expand(self.n_steps, -1, -1)
        trace: Tensor = self.leak(self.readout(self.hidden(current)))
        return trace.amax(dim=0)


def make(workload: Workload) -> TorchPeer:
    return TorchPeer(Network(workload), workload)
