"""A recurrent snnTorch network that takes encoded spikes, for `network: snntorch_network.py:build`.

Source: Eshraghian et al., "Training spiking neural networks using lessons from deep learning",
2023; snntorch.Leaky is U[t+1] = β U[t] + W X[t+1] − S[t] θ.
"""

import snntorch
import torch
from snntorch import surrogate
from torch import nn

from snn.registry import Key

LABEL = "snnTorch Leaky"
INPUT = "spikes"
USES = ["spike_penalty"]
KEYS = [
    Key("width", int, 32, low=1, high=4096, description="hidden neurons"),
    Key("decay", float, 0.9, low=0, high=1, description="β, decay of a potential per step"),
]


class Leaky(nn.Module):
    def __init__(self, n_inputs, width, n_classes, decay):
        super().__init__()
        derivative = surrogate.fast_sigmoid(slope=10)
        self.into = nn.Linear(n_inputs, width)
        self.hidden = snntorch.Leaky(beta=decay, spike_grad=derivative, learn_beta=True)
        self.out = nn.Linear(width, n_classes)
        self.readout = snntorch.Leaky(beta=decay, reset_mechanism="none")

    def forward(self, spikes):
        potential, trace = self.hidden.init_leaky(), self.readout.init_leaky()
        counts, logits = 0, []
        for step in spikes:
            fired, potential = self.hidden(self.into(step), potential)
            _, trace = self.readout(self.out(fired), trace)
            counts = counts + fired
            logits.append(trace)
        return torch.stack(logits).amax(dim=0), counts


def build(config, n_inputs, n_classes):
    return Leaky(n_inputs, config.width, n_classes, config.decay)
