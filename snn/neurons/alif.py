"""Adaptive leaky integrate-and-fire neuron: every spike raises the neuron's own threshold.

    v[t] as in `lif`
    a[t] = ρ · a[t−1] + z[t−1]                     ρ = exp(−dt / τ_adapt)
    A[t] = ϑ + β · a[t]
    z[t] = [v[t] ≥ A[t]]

Source: Bellec et al., "Long short-term memory and learning-to-learn in networks of spiking
neurons", 2018. A learned β is softplus(b), so it cannot become negative: there, spikes would lower
the threshold and the neuron would latch on. It is one of the layer or, if wanted, of each neuron.

The published model differs in two keys. `threshold_gradient: false`: the spike function passes
no gradient to A, so a learned β never moves. `beta_form: raw`: β itself is trained, and starts at
N(0, ϑ), because the weight initialisation redraws it.
"""

from __future__ import annotations

import math
from typing import NamedTuple, final

import torch
from torch import Tensor, nn
from torch.nn import functional

from snn.config import TrialConfig
from snn.neurons.lif import Membrane
from snn.registry import Component
from snn.surrogates.spikes import derivative, spike

COMPONENTS = (
    Component(
        kind="neuron",
        name="alif",
        make="ALIF",
        label="ALIF",
        uses=(
            "tau_mem",
            "learn_tau_mem",
            "threshold",
            "tau_adapt",
            "beta",
            "learn_beta",
            "beta_per_neuron",
            "reset_takes_current",
            "threshold_gradient",
            "beta_form",
        ),
        compiled=("cpu", "cuda"),
        formats=("onnx",),
    ),
)


class ALIFState(NamedTuple):
    """Membrane potential, adaptation and spikes."""

    v: Tensor
    a: Tensor
    z: Tensor


@final
class ALIF(Membrane):
    """Parameters of a layer of ALIF neurons."""

    raw_beta: Tensor

    def __init__(self, config: TrialConfig, n_neurons: int, generator: torch.Generator) -> None:
        super().__init__(config, n_neurons)
        self.rho = math.exp(-config.dt / config.tau_adapt)
        self.rheobase = self.threshold = config.threshold
        self.surrogate = config.surrogate
        self.derivative = derivative(config)
        self.slope = config.surrogate_slope
        self.threshold_gradient = config.threshold_gradient
        self.raw = config.beta_form == "raw"
        shape = (n_neurons,) if config.learn_beta and config.beta_per_neuron else ()
        self._initialise_beta(config, shape, generator)

    def _initialise_beta(
        self, config: TrialConfig, shape: tuple[int, ...], generator: torch.Generator
    ) -> None:
        if self.raw:
            drawn = torch.randn(shape, generator=generator) * config.threshold
            raw = drawn if config.learn_beta else torch.tensor(config.beta)
        else:
            # Inverse of softplus. A learned β starts above 0, where it has a gradient. A fixed one
            # may be 0: softplus(−1000) is exactly 0 and, unlike −∞, fit for a checkpoint.
            start = max(config.beta, 1e-6) if config.learn_beta else config.beta
            raw = torch.full(shape, start).expm1().log().nan_to_num(posinf=start, neginf=-1000.0)
        if config.learn_beta:
            self.raw_beta = nn.Parameter(raw)
        else:
            self.register_buffer("raw_beta", raw)

    @property
    def beta(self) -> Tensor:
        """Rise of the threshold per spike: one number, or (H,)."""
        return self.raw_beta if self.raw else functional.softplus(self.raw_beta)

    def initial_state(self, like: Tensor) -> ALIFState:
        """At rest, without spikes or adaptation."""
        zero = torch.zeros_like(like)
        return ALIFState(zero, zero, zero)

    def step(self, current: Tensor, state: ALIFState) -> ALIFState:
        """One step of the equations above."""
        v = self.integrate(state.v, state.z, current)
        a = torch.add(state.z, state.a, alpha=self.rho)
        threshold = self._threshold(a)
        if not self.threshold_gradient:
            threshold = threshold.detach()
        return ALIFState(v, a, spike(v, threshold, self.derivative, self.slope))

    def firing_threshold(self, state: ALIFState) -> Tensor:
        """A, (B, H)."""
        return self._threshold(state.a)

    def _threshold(self, a: Tensor) -> Tensor:
        return self.threshold + self.beta * a
