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

import numpy as np
from numpy.typing import NDArray

from snn.kernels.base import AdaptiveDynamics
from snn.kernels.steps.parts import (
    F32,
    Constant,
    implements,
    integrate,
    keep,
    learn,
    n_slow,
    step_back,
)

ALPHA, RHO, A, B = range(4)


@implements(n_slow, AdaptiveDynamics)
def _n_slow(numbers: AdaptiveDynamics) -> int:
    return 2  # w and, for the way back, the drive of the step


@implements(integrate, AdaptiveDynamics)
def _integrate(
    current: F32,
    v: F32,
    a: F32,
    z: F32,
    alpha: F32,
    beta: Constant,
    numbers: AdaptiveDynamics,
    distance: F32,
    fired: NDArray[np.uint8],
) -> None:
    one, none, n_neurons = np.float32(1), np.float32(0), distance.size
    if numbers.symplectic:
        for h in range(n_neurons):
            u = v[h] * (one - z[h])
            a[h] = alpha[RHO, h] * a[h] + alpha[A, h] * u + alpha[B, h] * z[h]
            drive = numbers.gain * current[0, h] - a[h]
            v[h] = alpha[ALPHA, h] * u + (one - alpha[ALPHA, h]) * drive
            a[n_neurons + h] = drive
    else:
        for h in range(n_neurons):
            u = v[h]
            drive = numbers.gain * current[0, h] - a[h]
            v[h] = alpha[ALPHA, h] * u + (one - alpha[ALPHA, h]) * drive - numbers.threshold * z[h]
            a[h] = alpha[RHO, h] * a[h] + alpha[A, h] * u + alpha[B, h] * z[h]
            a[n_neurons + h] = drive
    for h in range(n_neurons):
        distance[h] = v[h] - numbers.threshold
        z[h] = one if distance[h] >= none else none
        fired[h] = distance[h] >= none


@implements(keep, AdaptiveDynamics)
def _keep(states: F32, b: int, t: int, v: F32, a: F32, numbers: AdaptiveDynamics) -> None:
    n_neurons = v.size
    for h in range(n_neurons):
        states[b, t, h] = v[h]
        states[b, t, n_neurons + h] = a[h]
        states[b, t, 2 * n_neurons + h] = a[n_neurons + h]


@implements(step_back, AdaptiveDynamics)
def _step_back(
    grad_z: F32,
    psi: F32,
    states: F32 | None,
    b: int,
    t: int,
    fired: F32,
    now: int,
    before: int,
    grad_v: F32,
    slow: F32,
    grad_i: F32,
    row: int,
    alpha: F32,
    beta: Constant,
    numbers: AdaptiveDynamics,
) -> np.float32:
    one, reset = np.float32(1), numbers.symplectic
    for h in range(grad_v.shape[1]):
        share, later_v, later_w = one - alpha[ALPHA, h], grad_v[row, h], slow[row, h]
        from_u = alpha[ALPHA, h] * later_v + alpha[A, h] * later_w
        now_v = (grad_z[row, h] + alpha[B, h] * later_w) * psi[b, t, h]
        now_v += (one - reset * fired[now, h]) * from_u
        grad_v[row, h] = now_v
        of_step = reset * now_v + (one - reset) * later_v
        slow[row, h] = alpha[RHO, h] * later_w - share * of_step
        grad_i[row, h] = numbers.sigma * grad_i[row, h] + share * numbers.gain * now_v
    return np.float32(0)


@implements(learn, AdaptiveDynamics)
def _learn(
    grad_alpha: F32,
    states: F32,
    b: int,
    t: int,
    fired: F32,
    before: int,
    grad_v: F32,
    slow: F32,
    row: int,
    alpha: F32,
    numbers: AdaptiveDynamics,
) -> None:
    one, n_neurons = np.float32(1), grad_v.shape[1]
    for h in range(n_neurons):
        grad_alpha[ALPHA, h] -= grad_v[row, h] * states[b, t, 2 * n_neurons + h]
    if t == 0:  # before it, all is 0
        return
    for h in range(n_neurons):
        z = fired[before, h]
        u = states[b, t - 1, h] * (one - numbers.symplectic * z)
        grad_alpha[ALPHA, h] += grad_v[row, h] * u
        grad_alpha[RHO, h] += slow[row, h] * states[b, t - 1, n_neurons + h]
        grad_alpha[A, h] += slow[row, h] * u
        grad_alpha[B, h] += slow[row, h] * z
