"""Neuron models: the equation on top, the parameters, a named-tuple state, a pure step."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch

from snn.config import TrialConfig
from snn.neurons.alif import ALIF
from snn.neurons.base import Neuron, State
from snn.neurons.izhikevich import Izhikevich
from snn.neurons.lif import LIF
from snn.neurons.readout import Readout
from snn.neurons.synapse import Synapse

__all__ = [
    "ALIF",
    "LIF",
    "NEURONS",
    "Izhikevich",
    "Neuron",
    "Readout",
    "State",
    "Synapse",
    "neuron",
]

NEURONS: Mapping[str, Callable[[TrialConfig, int, torch.Generator], Neuron]] = {
    "lif": lambda config, n_neurons, _: LIF(config, n_neurons),
    "alif": ALIF,
    "izhikevich": lambda config, *_: Izhikevich(config),
}


def neuron(config: TrialConfig, n_neurons: int, generator: torch.Generator) -> Neuron:
    """A layer of the neuron model that a configuration asks for.

    The generator draws what is random in it.
    """
    plain = NEURONS[config.dynamics](config, n_neurons, generator)
    return plain if config.tau_syn is None else Synapse(config, plain)
