"""Leaky integrate-and-fire neuron with an adaptation current (adLIF).

    v[t] = α · v[t−1] + (1 − α) · (g · I[t] − w[t−1]) − ϑ · z[t−1]     α = exp(−dt / τ_mem)
    w[t] = ρ · w[t−1] + a · v[t−1] + b · z[t−1]                        ρ = exp(−dt / τ_adapt)
    z[t] = [v[t] ≥ ϑ]

a is the adaptation below the threshold, b that by spikes. All four of τ_mem, τ_adapt, a and b are
of each neuron.

Source: Bittar & Garner, "A surrogate gradient spiking baseline for speech command recognition",
2022, where v is u, z is s, and ρ is β. There, in steps of the time, τ_mem is 5 to 25, τ_adapt 30
to 120, a −1 to 1 and b 0 to 2. The spans here are these (with the default keys, τ_adapt is 25 to
125), but for a: below −(1 − ρ) the potential grows without end by itself, so a is 0 to 1. There
the equations are stable whatever α and ρ are.

The factor g = 1 / (1 − α) of the middle τ_mem only scales the weights: as in `lif`, a current of 1
raises the potential of such a neuron by 1. The reset is not differentiated, as in `lif`; the
adaptation by spikes is.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, NamedTuple, final

import torch
from torch import Tensor, nn

from snn.config import TrialConfig
from snn.neurons.bounded import Bounded, Span
from snn.registry import Component, Key
from snn.surrogates.spikes import derivative, spike

COMPONENTS = (
    Component(
        kind="neuron",
        name="adlif",
        make="AdLIF",
        label="adLIF",
        uses=("tau_mem", "learn_tau_mem", "threshold", "tau_adapt"),
        keys=(
            Key(
                "adapt_a",
                float,
                1.0,
                low=0,
                high=1,
                description="greatest adaptation below the threshold; each neuron has its own, "
                "from 0 on (adlif, se_adlif)",
            ),
            Key(
                "adapt_b",
                float,
                2.0,
                low=0,
                high=10,
                description="greatest adaptation by a spike; each neuron has its own, from 0 on "
                "(adlif, se_adlif)",
            ),
            Key(
                "learn_adapt",
                bool,
                True,
                description="train the adaptation of each neuron: a, b and its time constant "
                "(adlif, se_adlif)",
            ),
        ),
        defaults={"tau_mem": 15.0, "learn_tau_mem": True, "tau_adapt": 75.0},
        published={"tau_mem": 15.0, "tau_adapt": 75.0, "threshold": 1.0, "surrogate_slope": 1.0},
        compiled=("cpu", "cuda"),
        formats=("onnx",),
    ),
)


class AdaptiveState(NamedTuple):
    """Membrane potential, adaptation current and spikes."""

    v: Tensor
    w: Tensor
    z: Tensor


class Coefficients(NamedTuple):
    """(H,) α, ρ, and what a potential and a spike add to w in a step."""

    alpha: Tensor
    rho: Tensor
    a: Tensor
    b: Tensor


def around(middle: float) -> Span:
    """From a third to five thirds: of 15, these are 5 and 25."""
    return Span(middle / 3, middle * 5 / 3)


class Adaptive(nn.Module):
    """The parameters of a layer of adLIF or SE-adLIF neurons.

    Attributes:
        symplectic: Whether the adaptation takes the potential of the same step.
    """

    symplectic: ClassVar[bool]

    def __init__(
        self, config: TrialConfig, n_neurons: int, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        self._dt = config.dt
        self.rheobase = self.threshold = config.threshold
        self.surrogate = config.surrogate
        self.derivative = derivative(config)
        self.slope = config.surrogate_slope
        self.gain = -1 / math.expm1(-config.dt / config.tau_mem)

        keys: Any = config  # those of components are unknown to a type checker

        def each(span: Span, learned: bool) -> Bounded:
            return Bounded(n_neurons, span, learned, generator)

        self.tau_mem = each(around(config.tau_mem), config.learn_tau_mem)
        self.tau_adapt = each(around(config.tau_adapt), keys.learn_adapt)
        self.a = each(Span(0, keys.adapt_a), keys.learn_adapt)
        self.b = each(Span(0, keys.adapt_b), keys.learn_adapt)

    def coefficients(self) -> Coefficients:
        """What a step needs."""
        tensors = self.tau_mem(), self.tau_adapt(), self.a(), self.b()
        return self.coefficients_of(*tensors)

    def coefficients_of(
        self, tau_mem: Tensor, tau_adapt: Tensor, a: Tensor, b: Tensor
    ) -> Coefficients:
        """Of neurons with these parameters, times in ms; all (H,)."""
        return Coefficients(torch.exp(-self._dt / tau_mem), torch.exp(-self._dt / tau_adapt), a, b)

    def _middle(self) -> Coefficients:
        """Of a neuron in the middle of all bounds."""
        parts = self.tau_mem, self.tau_adapt, self.a, self.b
        return self.coefficients_of(*(torch.tensor([part.span.middle]) for part in parts))

    def initial_state(self, like: Tensor) -> AdaptiveState:
        """At rest, without spikes or adaptation."""
        zero = torch.zeros_like(like)
        return AdaptiveState(zero, zero, zero)

    def step(self, current: Tensor, state: AdaptiveState) -> AdaptiveState:
        """One step of the equations above."""
        return self._step(current, state, self.coefficients(), self.threshold)

    def _step(
        self, current: Tensor, state: AdaptiveState, its: Coefficients, threshold: float
    ) -> AdaptiveState:
        raise NotImplementedError

    def firing_threshold(self, state: AdaptiveState) -> Tensor:
        """ϑ, (B, H)."""
        return torch.full_like(state.v, self.threshold)

    @torch.no_grad()
    def response(self, n_steps: int) -> Tensor:
        """Of a neuron in the middle of all bounds, before anything is learned."""
        current = torch.ones(1, 1)
        state, its, seen = self.initial_state(current), self._middle(), list[Tensor]()
        for _ in range(n_steps):
            state = self._step(current, state, its, math.inf)
            seen.append(state.v[0, 0])
            current = torch.zeros(1, 1)
        return torch.stack(seen)


@final
class AdLIF(Adaptive):
    """A layer of adLIF neurons."""

    symplectic = False

    def _step(
        self, current: Tensor, state: AdaptiveState, its: Coefficients, threshold: float
    ) -> AdaptiveState:
        v = its.alpha * state.v + (1 - its.alpha) * (self.gain * current - state.w)
        if math.isfinite(threshold):
            v = v - threshold * state.z.detach()
        w = its.rho * state.w + its.a * state.v + its.b * state.z
        return AdaptiveState(v, w, spike(v, threshold, self.derivative, self.slope))
