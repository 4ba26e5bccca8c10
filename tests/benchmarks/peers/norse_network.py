"""A Norse network that takes encoded spikes, for `network: norse_network.py:build`.

Source: Pehle & Pedersen, "Norse: a deep learning library for spiking neural networks", 2021. Its
modules take and return a state; None, which is the default, is the state at rest. Currents and
potentials are filtered with dt/τ = 0.2 and 0.1, so weights must be larger than those of nn.Linear.
"""

import norse.torch as norse
import torch
from torch import nn

from snn.registry import Key

LABEL = "Norse LIF"
INPUT = "spikes"
USES = ["spike_penalty"]
_GAIN = 10
KEYS = [Key("width", int, 32, low=1, high=4096, description="hidden neurons")]


class Lif(nn.Module):
    def __init__(self, n_inputs, width, n_classes):
        super().__init__()
        parameters = norse.LIFParameters(method="super", alpha=torch.tensor(10.0))
        self.into = nn.Linear(n_inputs, width)
        self.hidden = norse.LIF(p=parameters)
        self.out = nn.Linear(width, n_classes)
        self.leak = norse.LI()
        with torch.no_grad():
            self.into.weight.mul_(_GAIN)

    def forward(self, spikes):
        fired, _ = self.hidden(self.into(spikes))
        trace, _ = self.leak(self.out(fired))
        return trace.amax(dim=0), fired.sum(dim=0)


def build(config, n_inputs, n_classes):
    return Lif(n_inputs, config.width, n_classes)
