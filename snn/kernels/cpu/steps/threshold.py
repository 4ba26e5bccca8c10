"""LIF and ALIF: see `snn.neurons.alif` for the equations, `cpu.loops.backward` for the way back."""

from __future__ import annotations

from typing import Any

import numpy as np

from snn.kernels.base import Dynamics
from snn.kernels.cpu.lanes import LANES, choose, load, of, store
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


@implements(n_slow, Dynamics)
def _n_slow(numbers: Dynamics) -> int:
    return 1


@implements(advance, Dynamics)
def _advance(
    current: Any, state: Any, alpha: Constant, beta: Constant, numbers: Dynamics, h: int
) -> Any:
    one, none = np.float32(1), np.float32(0)
    v, a, unused, z = state
    kept = of(alpha, h) * v * (one - z)
    potential = kept + current * (one - numbers.takes_current * z)
    adaptation = numbers.rho * a + z
    away = potential - (numbers.threshold + of(beta, h) * adaptation)
    return (potential, adaptation, unused, choose(away >= none, one, none)), away


@implements(keep, Dynamics)
def _keep(states: F32, b: int, t: int, v: F32, a: F32, numbers: Dynamics) -> None:
    for h in range(0, v.size, LANES):
        store(states, (b, t, h), load(v, (h,)))


@implements(learn, Dynamics)
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
    numbers: Dynamics,
    h: int,
) -> None:
    if t:
        kept = (np.float32(1) - before) * load(states, (b, t - 1, h))
        store(grad_alpha, (h,), load(grad_alpha, (h,)) + kept * load(grad_v, (row, h)))


@implements(step_back, Dynamics)
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
    alpha: Constant,
    beta: Constant,
    numbers: Dynamics,
    h: int,
) -> Any:
    one, later = np.float32(1), load(slow, (row, h))
    from_slow = of(beta, h) * numbers.adapts * later
    grad_x = (load(grad_z, (row, h)) + from_slow) * load(psi, (b, t, h))
    now_v = grad_x + of(alpha, h) * (one - z) * load(grad_v, (row, h))
    store(grad_v, (row, h), now_v)
    store(slow, (row, h), numbers.rho * later - numbers.adapts * grad_x)
    through = one - numbers.takes_current * before
    store(grad_i, (row, h), numbers.sigma * load(grad_i, (row, h)) + now_v * through)
    return z * later
