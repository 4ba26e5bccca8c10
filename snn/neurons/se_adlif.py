"""The adLIF neuron, discretised by the symplectic Euler method (SE-adLIF).

    v[t] = α · u[t−1] + (1 − α) · (g · I[t] − w[t−1])                  α = exp(−dt / τ_mem)
    z[t] = [v[t] ≥ ϑ]
    u[t] = v[t] · (1 − z[t])
    w[t] = ρ · w[t−1] + (1 − ρ) · q · (a · u[t] + b · z[t])            ρ = exp(−dt / τ_adapt)

w takes the potential of the same step, after the reset, not that of the step before as in `adlif`.
So a neuron oscillates as the continuous equations do, and the strength of the adaptation does not
depend on the length of a step.

Source: Baronig et al., "Advancing spatio-temporal processing through adaptation in spiking neural
networks", 2025 (preprint 2024), where v is û and ρ is β. There, q = 120, τ_mem is 5 to 25 ms,
τ_adapt 60 to 300 ms, a 0 to 1 and b 0 to 2, of each neuron, which are the spans here. Their
equations are stable as long as (1 − α) (1 − ρ) q a < (1 + α) (1 + ρ). That holds in these spans;
with much shorter time constants, (1 − ρ) q a is held at 1 + ρ, so that it holds there, too.

g and the reset are as in `adlif`. At the start, the potential is 0.
"""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from snn.neurons.adlif import Adaptive, AdaptiveState, Coefficients
from snn.registry import Component
from snn.surrogates.spikes import spike

COMPONENTS = (
    Component(
        kind="neuron",
        name="se_adlif",
        make="SEAdLIF",
        label="SE-adLIF",
        uses=(
            "tau_mem",
            "learn_tau_mem",
            "threshold",
            "tau_adapt",
            "adapt_a",
            "adapt_b",
            "learn_adapt",
        ),
        defaults={"tau_mem": 15.0, "learn_tau_mem": True, "tau_adapt": 180.0},
        published={"tau_mem": 15.0, "tau_adapt": 180.0, "threshold": 1.0, "surrogate_slope": 1.0},
        compiled=("cpu", "cuda"),
        formats=("onnx",),
    ),
)

_Q = 120.0


@final
class SEAdLIF(Adaptive):
    """A layer of SE-adLIF neurons."""

    symplectic = True

    def coefficients_of(
        self, tau_mem: Tensor, tau_adapt: Tensor, a: Tensor, b: Tensor
    ) -> Coefficients:
        """Of neurons with these parameters, times in ms; all (H,)."""
        alpha, rho, _, _ = super().coefficients_of(tau_mem, tau_adapt, a, b)
        share = (1 - rho) * _Q
        return Coefficients(alpha, rho, torch.minimum(share * a, 1 + rho), share * b)

    def _step(
        self, current: Tensor, state: AdaptiveState, its: Coefficients, threshold: float
    ) -> AdaptiveState:
        # The state has w[t−1], which takes this step's u and z in the next step.
        u = state.v * (1 - state.z.detach())
        w = its.rho * state.w + its.a * u + its.b * state.z
        v = its.alpha * u + (1 - its.alpha) * (self.gain * current - w)
        return AdaptiveState(v, w, spike(v, threshold, self.derivative, self.slope))
