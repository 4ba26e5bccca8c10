"""Leaky integrate-and-fire neuron.

    v[t] = α · v[t−1] · (1 − z[t−1]) + I[t]        α = exp(−dt / τ_mem)
    z[t] = [v[t] ≥ ϑ]

A learned τ_mem is one of each neuron (Fang et al., 2021; Perez-Nieves et al., 2021), in terms of
log τ, so that it stays positive.

The reset to zero is not differentiated (Zenke & Vogels, 2021). With `reset_takes_current`, as
published, the current of the step after a spike is lost: v[t] = (α · v[t−1] + I[t]) · (1 − z[t−1]).
Source: Gerstner & Kistler, "Spiking neuron models", 2002, discretised exactly for constant input.
"""

from __future__ import annotations

import math
from typing import NamedTuple, final

import torch
from torch import Tensor, nn

from snn.config import TrialConfig
from snn.registry import Component
from snn.surrogates.spikes import derivative, spike

COMPONENTS = (
    Component(
        kind="neuron",
        name="lif",
        make="LIF",
        label="LIF",
        uses=("tau_mem", "learn_tau_mem", "threshold", "reset_takes_current"),
        published={"tau_mem": 10.0, "threshold": 1.0, "surrogate_slope": 1.0},
        compiled=("cpu", "cuda"),
        formats=("onnx", "nir"),
    ),
)


class LIFState(NamedTuple):
    """Membrane potential and spikes."""

    v: Tensor
    z: Tensor


class Membrane(nn.Module):
    """The leak of a layer of LIF or ALIF neurons."""

    log_tau: Tensor | None

    def __init__(self, config: TrialConfig, n_neurons: int) -> None:
        super().__init__()
        self.takes_current = config.reset_takes_current
        self._dt, self._initial_tau = config.dt, config.tau_mem
        # Relative to the initial τ: weight decay draws it there.
        self.log_tau = nn.Parameter(torch.zeros(n_neurons)) if config.learn_tau_mem else None

    @property
    def tau(self) -> float | Tensor:
        """Time constant in ms; (H,) if it is learned."""
        if self.log_tau is None:
            return self._initial_tau
        return self._initial_tau * torch.exp(self.log_tau)

    @property
    def alpha(self) -> float | Tensor:
        """Decay per step; (H,) if it is learned."""
        rate = self._dt / self.tau
        return torch.exp(-rate) if isinstance(rate, Tensor) else math.exp(-rate)

    def integrate(self, v: Tensor, z: Tensor, current: Tensor) -> Tensor:
        """Leak, reset and integrate for one step."""
        keep = 1 - z.detach()
        if self.takes_current:
            return (self.alpha * v + current) * keep
        return self.alpha * v * keep + current

    def response(self, n_steps: int) -> Tensor:
        """Exponential decay, before anything is learned."""
        return math.exp(-self._dt / self._initial_tau) ** torch.arange(n_steps)


@final
class LIF(Membrane):
    """Parameters of a layer of LIF neurons."""

    def __init__(
        self, config: TrialConfig, n_neurons: int, generator: torch.Generator | None = None
    ) -> None:
        super().__init__(config, n_neurons)
        self.rheobase = self.threshold = config.threshold
        self.surrogate = config.surrogate
        self.derivative = derivative(config)
        self.slope = config.surrogate_slope

    def initial_state(self, like: Tensor) -> LIFState:
        """At rest, without spikes."""
        zero = torch.zeros_like(like)
        return LIFState(zero, zero)

    def step(self, current: Tensor, state: LIFState) -> LIFState:
        """One step of the equations above."""
        v = self.integrate(state.v, state.z, current)
        return LIFState(v, spike(v, self.threshold, self.derivative, self.slope))

    def firing_threshold(self, state: LIFState) -> Tensor:
        """ϑ, (B, H)."""
        return torch.full_like(state.v, self.threshold)
