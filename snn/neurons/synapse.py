"""Current-based synapses in front of any neuron model.

    i[t] = σ · i[t−1] + I[t]        σ = exp(−dt / τ_syn)

and the neuron receives i in place of I. Source: Zenke, SpyTorch tutorials, 2019.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, final

import torch
from torch import Tensor, nn

from snn.config import TrialConfig
from snn.neurons.base import Neuron


class SynapseState(NamedTuple):
    """Synaptic current and the state of the neuron behind it."""

    i: Tensor
    neuron: Any

    @property
    def v(self) -> Tensor:
        """Membrane potentials of the neuron."""
        potentials: Tensor = self.neuron.v
        return potentials

    @property
    def z(self) -> Tensor:
        """Spikes of the neuron."""
        spikes: Tensor = self.neuron.z
        return spikes


@final
class Synapse(nn.Module):
    """A neuron model with its input current filtered."""

    neuron: Neuron

    def __init__(self, config: TrialConfig, neuron: Neuron) -> None:
        super().__init__()
        assert config.tau_syn is not None
        self.sigma = math.exp(-config.dt / config.tau_syn)
        self.neuron = neuron
        self.rheobase = neuron.rheobase

    def initial_state(self, like: Tensor) -> SynapseState:
        """Without current."""
        return SynapseState(torch.zeros_like(like), self.neuron.initial_state(like))

    def step(self, current: Tensor, state: SynapseState) -> SynapseState:
        """Filter the current, then step the neuron."""
        i = torch.add(current, state.i, alpha=self.sigma)
        return SynapseState(i, self.neuron.step(i, state.neuron))

    def firing_threshold(self, state: SynapseState) -> Tensor:
        """That of the neuron."""
        return self.neuron.firing_threshold(state.neuron)

    def response(self, n_steps: int) -> Tensor:
        """The neuron's response to a decaying current: the convolution of both."""
        kernel = self.neuron.response(n_steps)
        i = self.sigma ** torch.arange(n_steps)
        return torch.stack([(kernel[: t + 1].flip(0) * i[: t + 1]).sum() for t in range(n_steps)])
