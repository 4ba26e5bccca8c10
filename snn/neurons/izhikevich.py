"""Izhikevich neuron.

As meant, the regular-spiking cell of Izhikevich, "Simple model of spiking neurons", 2003, in ms and
mV, with two half steps for v per time step as in his code:

    v' = 0.04 v² + 5 v + 140 − u + I,   u' = a (b v − u);   v ≥ 30: z = 1, v ← c, u ← u + d
    a = 0.02, b = 0.2, c = −65, d = 8

As published, the 2007 form with constants in ms, mV and pF, but integrated with dt in seconds, so
that the potential hardly moves and no neuron ever fires:

    C v' = k (v − v_r) (v − v_t) − u + I,   u' = a (b (v − v_r) − u)
    C = 100, k = 0.7, v_r = −60, v_t = −40, a = 0.03, b = −2, c = −50, d = 100, v_peak = 35
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
        name="izhikevich",
        make="Izhikevich",
        label="Izhikevich",
        published={"surrogate_slope": 1.0},
        formats=("onnx",),
    ),
)

_V_PEAK, _V_RESET, _V_REST = 30.0, -65.0, -70.0  # mV; rest: the stable fixed point of v'
_PUBLISHED_V_PEAK = 35.0  # mV
_U_REST = 0.2 * _V_REST
_LEAK_MS = 5.0  # membrane time constant near rest: 1 / (5 − 0.08 · 65) per ms, rounded
_RHEOBASE_MV = 15.0  # from rest to the unstable fixed point, where the upstroke begins


class IzhikevichState(NamedTuple):
    """Membrane potential in mV, recovery variable, and spikes."""

    v: Tensor
    u: Tensor
    z: Tensor


@final
class Izhikevich(nn.Module):
    """Parameters of a layer of Izhikevich neurons."""

    def __init__(
        self, config: TrialConfig, n_neurons: int = 1, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        self.published = config.preset == "published"
        self.dt = config.dt
        self.rheobase = _RHEOBASE_MV
        self.derivative = derivative(config)
        self.slope = config.surrogate_slope

    def initial_state(self, like: Tensor) -> IzhikevichState:
        """At rest, without spikes."""
        zero = torch.zeros_like(like)
        if self.published:
            return IzhikevichState(zero - 60.0, zero, zero)
        return IzhikevichState(zero + _V_REST, zero + _U_REST, zero)

    def step(self, current: Tensor, state: IzhikevichState) -> IzhikevichState:
        """One step of the equations above."""
        return (
            self._published_step(current, state) if self.published else self._step(current, state)
        )

    def _step(self, current: Tensor, state: IzhikevichState) -> IzhikevichState:
        z = state.z.detach()
        v = torch.where(z > 0, _V_RESET, state.v)
        u = state.u + 8.0 * z
        for _ in range(2):
            v = v + self.dt / 2 * ((0.04 * v + 5.0) * v + 140.0 - u + current)
            v = v.clamp(-100.0, _V_PEAK)  # the upstroke ends at the peak and the parabola below
        u = u + self.dt * 0.02 * (0.2 * v - u)
        # The surrogate sees the potential in units of the whole upstroke.
        scaled = (v - _V_PEAK) / (_V_PEAK - _V_RESET)
        return IzhikevichState(v, u, spike(scaled, 0.0, self.derivative, self.slope))

    def _published_step(self, current: Tensor, state: IzhikevichState) -> IzhikevichState:
        seconds = self.dt * 1e-3
        v, u, z = state.v, state.u, state.z.detach()
        dv = (0.7 * (v + 60.0) * (v + 40.0) - u + current) / 100.0
        du = 0.03 * (-2.0 * (v + 60.0) - u)
        v = (v + seconds * dv) * (1 - z) - 50.0 * z
        u = u + seconds * du + 100.0 * z
        return IzhikevichState(v, u, spike(v, _PUBLISHED_V_PEAK, self.derivative, self.slope))

    def firing_threshold(self, state: IzhikevichState) -> Tensor:
        """The peak of the upstroke in mV, (B, H)."""
        return torch.full_like(state.v, _PUBLISHED_V_PEAK if self.published else _V_PEAK)

    def response(self, n_steps: int) -> Tensor:
        """Exponential decay near rest."""
        return self.dt * math.exp(-self.dt / _LEAK_MS) ** torch.arange(n_steps)
