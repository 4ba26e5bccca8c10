"""Leaky integrate-and-fire neuron.

    v[t] = α · v[t−1] · (1 − z[t−1]) + I[t]        α = exp(−dt / τ_mem)
    z[t] = [v[t] ≥ ϑ]

The reset to zero is not differentiated (Zenke & Vogels, 2021). As published, the reset takes the
current of the step after a spike with it: v[t] = (α · v[t−1] + I[t]) · (1 − z[t−1]).
Source: Gerstner & Kistler, "Spiking neuron models", 2002, discretised exactly for constant input.
"""

from __future__ import annotations

import math
from typing import NamedTuple, final

import torch
from torch import Tensor, nn

from snn.config import TrialConfig
from snn.surrogate import SURROGATES, spike


class LIFState(NamedTuple):
    """Membrane potential and spikes."""

    v: Tensor
    z: Tensor


def membrane(v: Tensor, z: Tensor, current: Tensor, alpha: float, *, published: bool) -> Tensor:
    """Leak, reset and integrate for one step."""
    keep = 1 - z.detach()
    if published:
        return torch.add(current, v, alpha=alpha) * keep
    return torch.addcmul(current, v, keep, value=alpha)


@final
class LIF(nn.Module):
    """Parameters of a layer of LIF neurons."""

    def __init__(self, config: TrialConfig) -> None:
        super().__init__()
        self.published = config.preset == "published"
        self.alpha = math.exp(-config.dt / config.tau_mem)
        self.rheobase = self.threshold = config.threshold
        self.surrogate = config.surrogate
        self.derivative = SURROGATES[config.surrogate]
        self.slope = config.surrogate_slope

    def initial_state(self, like: Tensor) -> LIFState:
        """At rest, without spikes."""
        zero = torch.zeros_like(like)
        return LIFState(zero, zero)

    def step(self, current: Tensor, state: LIFState) -> LIFState:
        """One step of the equations above."""
        v = membrane(state.v, state.z, current, self.alpha, published=self.published)
        return LIFState(v, spike(v, self.threshold, self.derivative, self.slope))

    def firing_threshold(self, state: LIFState) -> Tensor:
        """ϑ, (B, H)."""
        return torch.full_like(state.v, self.threshold)

    def response(self, n_steps: int) -> Tensor:
        """Exponential decay of the membrane."""
        return self.alpha ** torch.arange(n_steps)
