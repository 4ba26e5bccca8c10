"""A SpikingJelly network that takes encoded spikes, for `network: spikingjelly_network.py:build`.

Source: Fang et al., "SpikingJelly: an open-source machine learning infrastructure platform for
spike-based intelligence", 2023. Its modules keep their states, so they are reset before every pass.
"""

from spikingjelly.activation_based import functional, layer, neuron, surrogate
from torch import nn

from snn.registry import Key

LABEL = "SpikingJelly LIF"
INPUT = "spikes"
USES = ["spike_penalty"]
KEYS = [Key("width", int, 32, low=1, high=4096, description="hidden neurons")]


class Lif(nn.Module):
    def __init__(self, n_inputs, width, n_classes):
        super().__init__()
        self.into = nn.Linear(n_inputs, width)
        self.hidden = neuron.LIFNode(step_mode="m", surrogate_function=surrogate.ATan())
        self.out = nn.Linear(width, n_classes)
        self.leak = layer.SynapseFilter(tau=5.0, step_mode="m")

    def forward(self, spikes):
        functional.reset_net(self)
        fired = self.hidden(self.into(spikes))
        trace = self.leak(self.out(fired))
        return trace.amax(dim=0), fired.sum(dim=0)


def build(config, n_inputs, n_classes):
    return Lif(n_inputs, config.width, n_classes)
