"""Neuron models: the equation on top, the parameters, a named-tuple state, a pure step."""

from __future__ import annotations

import torch

from snn.config import TrialConfig
from snn.neurons.adlif import Adaptive, AdLIF
from snn.neurons.alif import ALIF
from snn.neurons.base import Neuron, State
from snn.neurons.brf import BRF
from snn.neurons.izhikevich import Izhikevich
from snn.neurons.lif import LIF
from snn.neurons.readout import Readout
from snn.neurons.se_adlif import SEAdLIF
from snn.neurons.synapse import Synapse

__all__ = [
    "ALIF",
    "BRF",
    "LIF",
    "AdLIF",
    "Adaptive",
    "Izhikevich",
    "Neuron",
    "Readout",
    "SEAdLIF",
    "State",
    "Synapse",
    "neuron",
]


def neuron(config: TrialConfig, n_neurons: int, generator: torch.Generator) -> Neuron:
    """A layer of the neuron model that a configuration asks for.

    The generator draws what is random in it.
    """
    plain: Neuron = config.component("neuron").load()(config, n_neurons, generator)
    return plain if config.tau_syn is None else Synapse(config, plain)
