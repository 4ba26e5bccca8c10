"""Adaptive exponential integrate-and-fire neuron, in units of the threshold.

    v[t] = v[t−1] + dt/τ · (−v[t−1] + Δ · exp((v[t−1] − 1) / Δ)) − w[t−1] + I[t];  v ← 0 at a spike
    w[t] = ρ · w[t−1] + 0.05 · z[t−1]

Source: Brette & Gerstner, "Adaptive exponential integrate-and-fire model", 2005, simplified.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from snn.registry import Component, Key
from snn.surrogates import derivative, spike

COMPONENTS = (
    Component(
        kind="neuron",
        name="adex",
        make="AdEx",
        label="AdEx",
        uses=("tau_mem", "tau_adapt"),
        keys=(Key("sharpness", float, 0.2, low=0.05, high=1.0, description="Δ of the upstroke"),),
        defaults={"tau_mem": 10.0},
    ),
)


class State(NamedTuple):
    v: Tensor
    w: Tensor
    z: Tensor


class AdEx(nn.Module):
    rheobase = 1.0

    def __init__(self, config, n_neurons, generator):
        super().__init__()
        self.rate = config.dt / config.tau_mem
        self.rho = math.exp(-config.dt / config.tau_adapt)
        self.sharpness = config.sharpness
        self.derivative, self.slope = derivative(config), config.surrogate_slope

    def initial_state(self, like):
        zero = torch.zeros_like(like)
        return State(zero, zero, zero)

    def step(self, current, state):
        kept = state.v * (1 - state.z.detach())
        growth = self.sharpness * ((kept - 1) / self.sharpness).exp()
        v = (kept + self.rate * (growth - kept) - state.w + current).clamp(-5, 2)
        w = self.rho * state.w + 0.05 * state.z
        return State(v, w, spike(v, 1.0, self.derivative, self.slope))

    def firing_threshold(self, state):
        return torch.ones_like(state.v)

    def response(self, n_steps):
        return (1 - self.rate) ** torch.arange(n_steps)
