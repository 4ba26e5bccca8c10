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

from typing import Any

import numpy as np

from snn.kernels.base import ResonantDynamics
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

KEEP, TURN = range(2)


@implements(n_slow, ResonantDynamics)
def _n_slow(numbers: ResonantDynamics) -> int:
    return 2


@implements(advance, ResonantDynamics)
def _advance(
    current: Any, state: Any, alpha: F32, beta: Constant, numbers: ResonantDynamics, h: int
) -> Any:
    one, none = np.float32(1), np.float32(0)
    v, last_q, w, z = state
    q = numbers.gamma * last_q + z
    factor, turn = load(alpha, (KEEP, h)) - numbers.delta * q, load(alpha, (TURN, h))
    potential = factor * v - turn * w + current
    away = potential - (numbers.threshold + q)
    return (potential, q, factor * w + turn * v, choose(away >= none, one, none)), away


@implements(keep, ResonantDynamics)
def _keep(states: F32, b: int, t: int, v: F32, a: F32, numbers: ResonantDynamics) -> None:
    n_neurons = v.size
    for h in range(0, n_neurons, LANES):
        store(states, (b, t, h), load(v, (h,)))
    for k in range(0, 2 * n_neurons, LANES):
        store(states, (b, t, n_neurons + k), load(a, (k,)))


@implements(step_back, ResonantDynamics)
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
    numbers: ResonantDynamics,
    h: int,
) -> Any:
    n_neurons = grad_v.shape[1]
    q = numbers.gamma * load(states, (b, t, n_neurons + h)) + z
    factor, turn = load(alpha, (KEEP, h)) - numbers.delta * q, load(alpha, (TURN, h))
    later_v, later_q = load(grad_v, (row, h)), load(slow, (row, h))
    later_w = load(slow, (row, n_neurons + h))
    level = numbers.threshold + load(states, (b, t, n_neurons + h))
    slope = differentiate(load(states, (b, t, h)) - level, level, numbers)
    grad_x = (load(grad_z, (row, h)) + later_q) * slope
    now_v = grad_x + factor * later_v + turn * later_w
    now_w = factor * later_w - turn * later_v
    now_q = numbers.gamma * later_q - grad_x
    if t:  # before step 0, all is 0
        of_v = load(states, (b, t - 1, h)) * now_v
        of_w = load(states, (b, t - 1, 2 * n_neurons + h)) * now_w
        now_q -= numbers.delta * (of_v + of_w)
    store(grad_v, (row, h), now_v)
    store(slow, (row, n_neurons + h), now_w)
    store(slow, (row, h), now_q)
    store(grad_i, (row, h), numbers.sigma * load(grad_i, (row, h)) + now_v)
    return spread(np.float32(0))


@implements(learn, ResonantDynamics)
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
    numbers: ResonantDynamics,
    h: int,
) -> None:
    n_neurons = grad_v.shape[1]
    if t:  # before step 0, all is 0
        v, w = load(states, (b, t - 1, h)), load(states, (b, t - 1, 2 * n_neurons + h))
        of_v, of_w = load(grad_v, (row, h)), load(slow, (row, n_neurons + h))
        store(grad_alpha, (KEEP, h), load(grad_alpha, (KEEP, h)) + (v * of_v + w * of_w))
        store(grad_alpha, (TURN, h), load(grad_alpha, (TURN, h)) + (v * of_w - w * of_v))
