"""adLIF and SE-adLIF: see their files in `snn.neurons` for the equations.

The coefficients are α, ρ, a and b, (4, H). With V and W the gradients g_v and g_w of the step
after, i the current, and u = v for adLIF and v · (1 − z) for SE-adLIF:

    g_z[t] += b · W
    g_v[t]  = g_z[t] · ψ[t] + ∂u/∂v · (α · V + a · W)
    g_w[t]  = ρ · W − (1 − α) · (V for adLIF, g_v[t] for SE-adLIF)
    g_i[t]  = σ · g_i[t+1] + (1 − α) · g · g_v[t]
    g_α += g_v[t] · (u[t−1] − d[t]),   d[t] = g · i[t] − w the drive, which is kept with v and w
    g_ρ += g_w[t] · w[t−1],   g_a += g_w[t] · u[t−1],   g_b += g_w[t] · z[t−1]
"""

from __future__ import annotations

from typing import Any

import numpy as np

from snn.kernels.base import AdaptiveDynamics
from snn.kernels.cpu.lanes import LANES, choose, load, spread, store
from snn.kernels.cpu.steps.parts import (
    F32,
    Constant,
    advance,
    implements,
    keep,
    learn,
    n_slow,
    step_back,
)
from snn.kernels.cpu.steps.surrogate import differentiate

ALPHA, RHO, A, B = range(4)


@implements(n_slow, AdaptiveDynamics)
def _n_slow(numbers: AdaptiveDynamics) -> int:
    return 2  # w and, for the way back, the drive of the step


@implements(advance, AdaptiveDynamics)
def _advance(
    current: Any, state: Any, alpha: F32, beta: Constant, numbers: AdaptiveDynamics, h: int
) -> Any:
    one, none = np.float32(1), np.float32(0)
    v, w, _, last = state
    kept = load(alpha, (ALPHA, h))
    u = v * (one - numbers.symplectic * last)
    later_w = load(alpha, (RHO, h)) * w + load(alpha, (A, h)) * u + load(alpha, (B, h)) * last
    if numbers.symplectic:
        w = later_w
    drive = numbers.gain * current - w
    potential = kept * u + (one - kept) * drive
    if not numbers.symplectic:
        potential -= numbers.threshold * last
    away = potential - numbers.threshold
    return (potential, later_w, drive, choose(away >= none, one, none)), away


@implements(keep, AdaptiveDynamics)
def _keep(states: F32, b: int, t: int, v: F32, a: F32, numbers: AdaptiveDynamics) -> None:
    n_neurons = v.size
    for h in range(0, n_neurons, LANES):
        store(states, (b, t, h), load(v, (h,)))
    for k in range(0, 2 * n_neurons, LANES):
        store(states, (b, t, n_neurons + k), load(a, (k,)))


@implements(step_back, AdaptiveDynamics)
def _step_back(
    grad_z: F32,
    psi: F32,
    states: F32,
    b: int,
    t: int,
    z: Any,
    before: Any,
    grad_v: F32,
    slow: F32,
    grad_i: F32,
    row: int,
    alpha: F32,
    beta: Constant,
    numbers: AdaptiveDynamics,
    h: int,
) -> Any:
    one, reset = np.float32(1), numbers.symplectic
    kept, later_v, later_w = load(alpha, (ALPHA, h)), load(grad_v, (row, h)), load(slow, (row, h))
    share = one - kept
    from_u = kept * later_v + load(alpha, (A, h)) * later_w
    grad_x = load(grad_z, (row, h)) + load(alpha, (B, h)) * later_w
    away = load(states, (b, t, h)) - numbers.threshold
    slope = differentiate(away, spread(numbers.threshold), numbers)
    now_v = grad_x * slope + (one - reset * z) * from_u
    store(grad_v, (row, h), now_v)
    of_step = reset * now_v + (one - reset) * later_v
    store(slow, (row, h), load(alpha, (RHO, h)) * later_w - share * of_step)
    later_i = load(grad_i, (row, h))
    store(grad_i, (row, h), numbers.sigma * later_i + share * numbers.gain * now_v)
    return spread(np.float32(0))


@implements(learn, AdaptiveDynamics)
def _learn(
    grad_alpha: F32,
    states: F32,
    b: int,
    t: int,
    before: Any,
    grad_v: F32,
    slow: F32,
    row: int,
    alpha: F32,
    numbers: AdaptiveDynamics,
    h: int,
) -> None:
    one, n_neurons = np.float32(1), grad_v.shape[1]
    of_v, of_w = load(grad_v, (row, h)), load(slow, (row, h))
    of_alpha = load(grad_alpha, (ALPHA, h)) - of_v * load(states, (b, t, 2 * n_neurons + h))
    if t:  # before step 0, all is 0
        u = load(states, (b, t - 1, h)) * (one - numbers.symplectic * before)
        of_alpha += of_v * u
        w = load(states, (b, t - 1, n_neurons + h))
        store(grad_alpha, (RHO, h), load(grad_alpha, (RHO, h)) + of_w * w)
        store(grad_alpha, (A, h), load(grad_alpha, (A, h)) + of_w * u)
        store(grad_alpha, (B, h), load(grad_alpha, (B, h)) + of_w * before)
    store(grad_alpha, (ALPHA, h), of_alpha)
