"""LIF and ALIF: see `snn.neurons.alif` for the equations, `cpu_loops.backward` for the way back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from snn.kernels.base import Dynamics
from snn.kernels.steps.parts import (
    F32,
    Constant,
    at,
    implements,
    integrate,
    keep,
    learn,
    n_slow,
    step_back,
)


@implements(n_slow, Dynamics)
def _n_slow(numbers: Dynamics) -> int:
    return 1


@implements(integrate, Dynamics)
def _integrate(
    current: F32,
    v: F32,
    a: F32,
    z: F32,
    alpha: Constant,
    beta: Constant,
    numbers: Dynamics,
    distance: F32,
    fired: NDArray[np.uint8],
) -> None:
    """One step of v, a and z, and the distance v − A from the threshold."""
    one, none = np.float32(1), np.float32(0)
    for h in range(distance.size):
        last = z[h]
        kept = at(alpha, h) * v[h] * (one - last)
        v[h] = kept + current[0, h] * (one - numbers.takes_current * last)
        a[h] = numbers.rho * a[h] + last
        distance[h] = v[h] - (numbers.threshold + at(beta, h) * a[h])
        z[h] = one if distance[h] >= none else none
        fired[h] = distance[h] >= none


@implements(keep, Dynamics)
def _keep(states: F32, b: int, t: int, v: F32, a: F32, numbers: Dynamics) -> None:
    for h in range(v.size):
        states[b, t, h] = v[h]


@implements(learn, Dynamics)
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
    numbers: Dynamics,
) -> None:
    if t:
        for h in range(grad_v.shape[1]):
            kept = (np.float32(1) - fired[before, h]) * states[b, t - 1, h]
            grad_alpha[h] += kept * grad_v[row, h]


@implements(step_back, Dynamics)
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
    alpha: Constant,
    beta: Constant,
    numbers: Dynamics,
) -> np.float32:
    one, grad_beta = np.float32(1), np.float32(0)
    for h in range(grad_v.shape[1]):
        later = slow[row, h]
        grad_x = (grad_z[row, h] + at(beta, h) * numbers.adapts * later) * psi[b, t, h]
        grad_beta += fired[now, h] * later
        grad_v[row, h] = grad_x + at(alpha, h) * (one - fired[now, h]) * grad_v[row, h]
        slow[row, h] = numbers.rho * later - numbers.adapts * grad_x
        through = one - numbers.takes_current * fired[before, h]
        grad_i[row, h] = numbers.sigma * grad_i[row, h] + grad_v[row, h] * through
    return grad_beta
