"""Backpropagation through time of a layer that several processors of the GPU share."""

from __future__ import annotations

import triton
import triton.language as tl

from snn.kernels.gpu.loops.recurrence import (
    load_rows,
    wait,
)
from snn.kernels.gpu.neurons import (
    ADAPTIVE,
    IMAGES,
    SYMPLECTIC,
    THRESHOLD,
    coefficients,
    learn,
    load_kept,
    step_back,
)


@triton.jit
def backward(
    adjoint,
    recurrent_t,
    alpha,
    beta,
    spikes,
    psi,
    kept,
    grad_counts,
    grad_alpha,
    grad_beta,
    state,
    arrived,
    first_step,
    last_step,
    n_images,
    n_steps,
    n_neurons,
    rho,
    sigma,
    takes_current,
    adapts,
    gain,
    delta,
    family: tl.constexpr,
    with_counts: tl.constexpr,
    learns_alpha: tl.constexpr,
    precision: tl.constexpr,
    single: tl.constexpr,
    width: tl.constexpr,
    block: tl.constexpr,
):
    """Go back through steps; the arguments are `layer_back.backward`'s and `wide_layer.forward`'s.

    Steps are counted from the last one back. `state` (9, B, H) has the gradients of v, a, current
    and w, and the sums for β and alpha.
    """
    b = (tl.program_id(1) * IMAGES + tl.arange(0, IMAGES)).to(tl.int64)
    h = tl.program_id(0) * block + tl.arange(0, block)
    k = tl.arange(0, width)
    inside = (b < n_images)[:, None] & (h < n_neurons)[None, :]
    place = (b * n_steps * n_neurons)[:, None] + h[None, :]
    everyone = (b * n_steps * n_neurons)[:, None] + k[None, :]
    real = (b < n_images)[:, None] & (k < n_neurons)[None, :]
    own = (b * n_neurons)[:, None] + h[None, :]
    c_0, c_1, c_2, c_3 = coefficients(alpha, h, n_neurons, family)
    strength = tl.load(beta + h, h < n_neurons, 0.0)[None, :]
    weights = load_rows(recurrent_t, k, h, n_neurons)
    upper = weights.to(tl.bfloat16)
    lower = (weights - upper.to(tl.float32)).to(tl.bfloat16)
    size = tl.cast(n_images, tl.int64) * n_neurons
    grad_v = tl.zeros((IMAGES, block), tl.float32)
    grad_a = tl.zeros((IMAGES, block), tl.float32)
    grad_w = tl.zeros((IMAGES, block), tl.float32)
    grad_i = tl.zeros((IMAGES, block), tl.float32)
    beta_sum = tl.zeros((IMAGES, block), tl.float32)
    sum_0 = tl.zeros((IMAGES, block), tl.float32)
    sum_1 = tl.zeros((IMAGES, block), tl.float32)
    sum_2 = tl.zeros((IMAGES, block), tl.float32)
    sum_3 = tl.zeros((IMAGES, block), tl.float32)
    present, last_v, last = grad_v, grad_v, grad_v
    if single and first_step > 0:
        grad_v = tl.load(state + own, inside, 0.0)
        grad_a = tl.load(state + size + own, inside, 0.0)
        grad_i = tl.load(state + 2 * size + own, inside, 0.0)
        grad_w = tl.load(state + 3 * size + own, inside, 0.0)
        beta_sum = tl.load(state + 4 * size + own, inside, 0.0)
        sum_0 = tl.load(state + 5 * size + own, inside, 0.0)
        sum_1 = tl.load(state + 6 * size + own, inside, 0.0)
        sum_2 = tl.load(state + 7 * size + own, inside, 0.0)
        sum_3 = tl.load(state + 8 * size + own, inside, 0.0)
    counted = tl.zeros((IMAGES, block), tl.float32)
    if with_counts:
        counted = tl.load(grad_counts + own, inside, 0.0)
    final = n_steps - 1 - first_step
    z = tl.load(spikes + place + final * n_neurons, inside, 0)
    before = tl.load(spikes + place + tl.maximum(final - 1, 0) * n_neurons, inside, 0)
    arriving = tl.load(adjoint + place + final * n_neurons, inside, 0.0)
    slope = tl.load(psi + place + final * n_neurons, inside, 0.0)
    for back in range(first_step, last_step):
        t = n_steps - 1 - back
        now = place + t * n_neurons
        earlier = place + tl.maximum(t - 1, 0) * n_neurons
        next_before = tl.load(spikes + place + tl.maximum(t - 2, 0) * n_neurons, inside, 0)
        next_arriving = tl.load(adjoint + earlier, inside, 0.0)
        next_slope = tl.load(psi + earlier, inside, 0.0)
        grad_z = counted + arriving
        if back > 0:
            after = tl.load(
                adjoint + everyone + (t + 1) * n_neurons, real, 0.0, cache_modifier=".cg"
            )
            if precision == "bf16x3":
                big = after.to(tl.bfloat16)
                small = (after - big.to(tl.float32)).to(tl.bfloat16)
                grad_z += tl.dot(big, upper) + (tl.dot(big, lower) + tl.dot(small, upper))
            else:
                grad_z += tl.dot(after, weights, input_precision=precision)
        fired = z.to(tl.float32)
        fired_before = tl.where(t > 0, before.to(tl.float32), 0.0)
        if learns_alpha:
            had_before = (t + tl.zeros_like(b) > 0)[:, None]
            present, last_v, last = load_kept(
                kept, size * n_steps, now, earlier, inside, inside & had_before, family
            )
        beta_sum += fired * grad_a
        grad_v, grad_a, grad_w, of_current = step_back(
            grad_z,
            slope,
            fired,
            fired_before,
            present,
            last_v,
            last,
            grad_v,
            grad_a,
            grad_w,
            c_0,
            c_1,
            c_2,
            c_3,
            strength,
            rho,
            takes_current,
            adapts,
            gain,
            delta,
            family,
        )
        grad_i = sigma * grad_i + of_current
        if learns_alpha:
            s_0, s_1, s_2, s_3 = learn(
                present, last_v, last, fired_before, grad_v, grad_a, grad_w, family
            )
            sum_0 += s_0
            if family != THRESHOLD:
                sum_1 += s_1
            if family == ADAPTIVE or family == SYMPLECTIC:
                sum_2 += s_2
                sum_3 += s_3
        tl.store(adjoint + now, grad_i, inside)
        z, before = before, next_before
        arriving, slope = next_arriving, next_slope
        if not single:
            wait(arrived + tl.program_id(1), tl.num_programs(0) * (back + 1))
    at = tl.program_id(1) * n_neurons + h
    tl.store(grad_beta + at, tl.sum(beta_sum, 0), h < n_neurons)
    if learns_alpha:
        part = tl.num_programs(1) * n_neurons  # of a coefficient
        tl.store(grad_alpha + at, tl.sum(sum_0, 0), h < n_neurons)
        if family != THRESHOLD:
            tl.store(grad_alpha + part + at, tl.sum(sum_1, 0), h < n_neurons)
        if family == ADAPTIVE or family == SYMPLECTIC:
            tl.store(grad_alpha + 2 * part + at, tl.sum(sum_2, 0), h < n_neurons)
            tl.store(grad_alpha + 3 * part + at, tl.sum(sum_3, 0), h < n_neurons)
    if single:
        tl.store(state + own, grad_v, inside)
        tl.store(state + size + own, grad_a, inside)
        tl.store(state + 2 * size + own, grad_i, inside)
        tl.store(state + 3 * size + own, grad_w, inside)
        tl.store(state + 4 * size + own, beta_sum, inside)
        tl.store(state + 5 * size + own, sum_0, inside)
        tl.store(state + 6 * size + own, sum_1, inside)
        tl.store(state + 7 * size + own, sum_2, inside)
        tl.store(state + 8 * size + own, sum_3, inside)
