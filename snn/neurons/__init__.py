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

NEURONS: Mapping[str, Callable[[TrialConfig, torch.Generator], Neuron]] = {
    "lif": lambda config, _: LIF(config),
    "alif": ALIF,
    "izhikevich": lambda config, _: Izhikevich(config),
}


def neuron(config: TrialConfig, generator: torch.Generator) -> Neuron:
    """The neuron model that a configuration asks for; the generator draws what is random in it."""
    plain = NEURONS[config.dynamics](config, generator)
    return plain if config.tau_syn is None else Synapse(config, plain)
