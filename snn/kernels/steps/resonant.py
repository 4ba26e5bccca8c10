"""BRF: see `snn.neurons.brf` for the equations.

The adaptation is q, then w, (2 · H). The coefficients are c = 1 + δ · (p(ω) − b') and s = δω,
(2, H). With V, W and Q the gradients of the step after and k = c − δ · q its factor:

    g_z[t] += Q,   g_x[t] = g_z[t] · ψ[t]
    g_v[t]  = g_x[t] + k[t+1] · V + s · W
    g_w[t]  = k[t+1] · W − s · V
    g_k[t]  = v[t−1] · g_v[t] + w[t−1] · g_w[t]
    g_q[t]  = γ · Q − g_x[t] − δ · g_k[t]
    g_i[t]  = σ · g_i[t+1] + g_v[t]
    g_c += g_k[t],   g_s += v[t−1] · g_w[t] − w[t−1] · g_v[t]
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from snn.kernels.base import ResonantDynamics
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

KEEP, TURN = range(2)


@implements(n_slow, ResonantDynamics)
def _n_slow(numbers: ResonantDynamics) -> int:
    return 2


@implements(integrate, ResonantDynamics)
def _integrate(
    current: F32,
    v: F32,
    a: F32,
    z: F32,
    alpha: F32,
    beta: Constant,
    numbers: ResonantDynamics,
    distance: F32,
    fired: NDArray[np.uint8],
) -> None:
    one, none, n_neurons = np.float32(1), np.float32(0), v.size
    for h in range(n_neurons):
        q = numbers.gamma * a[h] + z[h]
        factor, before, other = alpha[KEEP, h] - numbers.delta * q, v[h], a[n_neurons + h]
        v[h] = factor * before - alpha[TURN, h] * other + current[0, h]
        a[n_neurons + h] = factor * other + alpha[TURN, h] * before
        a[h] = q
        distance[h] = v[h] - (numbers.threshold + q)
        z[h] = one if distance[h] >= none else none
        fired[h] = distance[h] >= none


@implements(keep, ResonantDynamics)
def _keep(states: F32, b: int, t: int, v: F32, a: F32, numbers: ResonantDynamics) -> None:
    n_neurons = v.size
    for h in range(n_neurons):
        states[b, t, h] = v[h]
    for k in range(2 * n_neurons):
        states[b, t, n_neurons + k] = a[k]


@implements(step_back, ResonantDynamics)
def _step_back(
    grad_z: F32,
    psi: F32,
    states: F32,
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
    numbers: ResonantDynamics,
) -> np.float32:
    n_neurons = grad_v.shape[1]
    for h in range(n_neurons):
        q = numbers.gamma * states[b, t, n_neurons + h] + fired[now, h]
        factor, turn = alpha[KEEP, h] - numbers.delta * q, alpha[TURN, h]
        later_v, later_q, later_w = grad_v[row, h], slow[row, h], slow[row, n_neurons + h]
        grad_x = (grad_z[row, h] + later_q) * psi[b, t, h]
        grad_v[row, h] = grad_x + factor * later_v + turn * later_w
        slow[row, n_neurons + h] = factor * later_w - turn * later_v
        slow[row, h] = numbers.gamma * later_q - grad_x
        grad_i[row, h] = numbers.sigma * grad_i[row, h] + grad_v[row, h]
    if t:
        for h in range(n_neurons):
            of_v = states[b, t - 1, h] * grad_v[row, h]
            of_w = states[b, t - 1, 2 * n_neurons + h] * slow[row, n_neurons + h]
            slow[row, h] -= numbers.delta * (of_v + of_w)
    return np.float32(0)


@implements(learn, ResonantDynamics)
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
    numbers: ResonantDynamics,
) -> None:
    n_neurons = grad_v.shape[1]
    if t:  # before step 0, all is 0
        for h in range(n_neurons):
            v, w = states[b, t - 1, h], states[b, t - 1, 2 * n_neurons + h]
            of_v, of_w = grad_v[row, h], slow[row, n_neurons + h]
            grad_alpha[KEEP, h] += v * of_v + w * of_w
            grad_alpha[TURN, h] += v * of_w - w * of_v
