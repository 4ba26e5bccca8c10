"""Balanced resonate-and-fire neuron (BRF): it resonates with input of its own frequency.

    q[t] = γ · q[t−1] + z[t−1]                                         γ = 0.9
    b[t] = p(ω) − b' − q[t]                 p(ω) = (−1 + √(1 − (δω)²)) / δ
    v[t] = v[t−1] + δ · (b[t] · v[t−1] − ω · w[t−1]) + I[t]
    w[t] = w[t−1] + δ · (ω · v[t−1] + b[t] · w[t−1])
    z[t] = [v[t] ≥ ϑ + q[t]]

v and w are the real and the imaginary part of the oscillation. A spike raises the threshold
(refractory period q) and damps the oscillation (smooth reset). p is the divergence boundary: with
a damping beyond it, b' > 0, the steps of length δ never make the oscillation grow.

Source: Higuchi, Kairat, Bohte & Otte, "Balanced resonate-and-fire neurons", 2024, where v is u and
w is v. Time is in units of 100 ms here, so that a step of `dt` 1 ms is their δ = 0.01. In
these, ω = 2π f with the frequency f (`resonance`), and b' = 1 / τ_mem; both are of each neuron.
For sequential MNIST they draw ω from 15 to 50 and b' from 0.1 to 1: 24 to 80 Hz, 100 to 1000 ms.
I is not multiplied by δ, which only scales the weights: as in `lif`, a current of 1 raises the
potential by 1. The gradient flows through q, as there.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, final

import torch
from torch import Tensor, nn

from snn.config import TrialConfig
from snn.neurons.adlif import around
from snn.neurons.bounded import Bounded
from snn.registry import Component, Key
from snn.surrogates.spikes import derivative, spike

COMPONENTS = (
    Component(
        kind="neuron",
        name="brf",
        make="BRF",
        label="BRF",
        uses=("tau_mem", "learn_tau_mem", "threshold"),
        keys=(
            Key(
                "resonance",
                float,
                50.0,
                low=1e-6,
                high_by_dt=85.94,  # where the fastest neurons turn by 0.9 radians in a step
                description="middle of the neurons' frequencies in Hz; each has its own, from a "
                "third to five thirds of it; for steps of over 1.7 ms the default is 50 / dt (brf)",
            ),
            Key(
                "learn_resonance",
                bool,
                True,
                description="train the frequency of each neuron (brf)",
            ),
        ),
        defaults={"tau_mem": 200.0, "learn_tau_mem": True},
        published={"tau_mem": 200.0, "threshold": 1.0, "surrogate_slope": 1.0},
        compiled=("cpu", "cuda"),
        formats=("onnx",),
    ),
)

_UNIT_MS = 100.0
GAMMA = 0.9


class BRFState(NamedTuple):
    """Real and imaginary part of the oscillation, refractory period, spikes."""

    v: Tensor
    w: Tensor
    q: Tensor
    z: Tensor


class Coefficients(NamedTuple):
    """(H,) what a step keeps of the oscillation, 1 + δ · (p(ω) − b'), and by what it turns, δω."""

    keep: Tensor
    turn: Tensor


@final
class BRF(nn.Module):
    """Parameters of a layer of BRF neurons."""

    def __init__(
        self, config: TrialConfig, n_neurons: int, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        self.rheobase = self.threshold = config.threshold
        self.surrogate = config.surrogate
        self.derivative = derivative(config)
        self.slope = config.surrogate_slope
        self.delta = config.dt / _UNIT_MS
        keys: Any = config  # those of components are unknown to a type checker
        omega = around(2 * math.pi * keys.resonance * _UNIT_MS / 1000)
        assert omega.high * self.delta < 1, "beyond that, p has no value"
        self.omega = Bounded(n_neurons, omega, keys.learn_resonance, generator)
        self.tau_mem = Bounded(n_neurons, around(config.tau_mem), config.learn_tau_mem, generator)

    def initial_state(self, like: Tensor) -> BRFState:
        """At rest."""
        zero = torch.zeros_like(like)
        return BRFState(zero, zero, zero, zero)

    def step(self, current: Tensor, state: BRFState) -> BRFState:
        """One step of the equations above."""
        return self._step(current, state, self.coefficients(), self.threshold)

    def coefficients(self) -> Coefficients:
        """What a step needs."""
        return self._of(self.omega(), self.tau_mem())

    def _of(self, omega: Tensor, tau_mem: Tensor) -> Coefficients:
        turn = self.delta * omega
        boundary = torch.sqrt(1 - turn.square()) - 1
        return Coefficients(1 + boundary - self.delta * _UNIT_MS / tau_mem, turn)

    def _step(
        self, current: Tensor, state: BRFState, its: Coefficients, threshold: float
    ) -> BRFState:
        q = torch.add(state.z, state.q, alpha=GAMMA)
        keep, turn = its.keep - self.delta * q, its.turn
        v = keep * state.v - turn * state.w + current
        w = keep * state.w + turn * state.v
        return BRFState(v, w, q, spike(v, threshold + q, self.derivative, self.slope))

    def firing_threshold(self, state: BRFState) -> Tensor:
        """ϑ + q, (B, H)."""
        return self.threshold + state.q

    @torch.no_grad()
    def response(self, n_steps: int) -> Tensor:
        """Of a neuron in the middle of all bounds, before anything is learned."""
        its = self._of(*(torch.tensor([of.span.middle]) for of in (self.omega, self.tau_mem)))
        current = torch.ones(1, 1)
        state, seen = self.initial_state(current), list[Tensor]()
        for _ in range(n_steps):
            state = self._step(current, state, its, math.inf)
            seen.append(state.v[0, 0])
            current = torch.zeros(1, 1)
        return torch.stack(seen)
