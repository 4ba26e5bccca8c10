"""snnTorch: Leaky or RLeaky, a Python loop over the steps."""

from __future__ import annotations

import math
from typing import Any

import snntorch
import torch
from torch import Tensor, nn

from tests.benchmarks.contender import TorchPeer
from tests.benchmarks.workload import N_CLASSES, Workload


class Network(nn.Module):
    """The products with the input and with the spikes are taken out of the loop."""

    def __init__(self, workload: Workload) -> None:
        super().__init__()
        config, layer = workload.config, workload.network.kernel_layers()[0]
        self.n_steps, recurrent = config.n_steps, layer.recurrent
        decay = math.exp(-config.dt / config.tau_mem)
        self.weight = nn.Parameter(layer.weight.detach().clone())
        if recurrent is None:
            self.hidden = snntorch.Leaky(beta=decay, threshold=config.threshold)
        else:
            self.hidden = snntorch.RLeaky(
                beta=decay, threshold=config.threshold, linear_features=len(recurrent)
            )
            with torch.no_grad():
                self.hidden.recurrent.weight.copy_(recurrent.T)
        self.readout = nn.Linear(layer.weight.shape[1], N_CLASSES)
        self.leak = snntorch.Leaky(
            beta=math.exp(-config.dt / config.tau_out), reset_mechanism="none"
        )

    def forward(self, spikes: Tensor) -> Tensor:
        current = (spikes @ self.weight).expand(self.n_steps, -1, -1)
        state = _as_tuple(self.hidden.reset_mem())
        fired = []
        for step in current.unbind(0):
            z, *rest = self.hidden(step, *state)
            state = (z, *rest) if len(state) == 2 else tuple(rest)
            fired.append(z)
        value, values = self.leak.reset_mem(), []
        for step in self.readout(torch.stack(fired)).unbind(0):
            _, value = self.leak(step, value)
            values.append(value)
        return torch.stack(values).amax(dim=0)


def _as_tuple(state: Any) -> tuple[Any, ...]:
    """The membrane alone, or the spikes and the membrane where the spikes come back."""
    return state if isinstance(state, tuple) else (state,)


def make(workload: Workload) -> TorchPeer:
    return TorchPeer(Network(workload), workload)
