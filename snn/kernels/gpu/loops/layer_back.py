"""Backpropagation through time of a layer on a GPU."""

from __future__ import annotations

import triton
import triton.language as tl

from snn.kernels.gpu.loops.recurrence import (
    INSIDE,
    OUTSIDE,
    STEPS,
    load_rows,
)
from snn.kernels.gpu.neurons import (
    ADAPTIVE,
    IMAGES,
    RESONANT,
    SYMPLECTIC,
    THRESHOLD,
    coefficients,
    learn,
    load_kept,
    step_back,
)


@triton.jit(do_not_specialize=STEPS)
def backward(
    adjoint,
    own,
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
    recurrence: tl.constexpr,
    with_counts: tl.constexpr,
    learns_alpha: tl.constexpr,
    precision: tl.constexpr,
    block: tl.constexpr,
):
    """Backpropagation through time of a layer; `cpu.loops.backward` has the equations.

    Steps are counted from the last one back.

    Args:
        adjoint: In: what comes from above to the spikes (B, T, H). Out: gradient of the current.
        own: (B, H), what comes from the layer itself to the spikes, if OUTSIDE.
        recurrent_t: (H, H), transposed, if INSIDE.
        alpha: (·, H) α or the coefficients.
        beta: (H,) β.
        spikes: (B, T, H) uint8.
        psi: (B, T, H).
        kept: As `forward` wrote it, if learns_alpha.
        grad_counts: (B, H), used if with_counts.
        grad_alpha: Out (·, blocks of images, H), if learns_alpha.
        grad_beta: Out (blocks of images, H).
        state: (8, B, H), gradients and sums between launches, if OUTSIDE.
        first_step: Of this launch.
        last_step: The first one that is not of this launch.
        n_images: B.
        n_steps: T.
        n_neurons: H.
        rho: As in the family's numbers, like the five that follow.
        sigma: ...
        takes_current: ...
        adapts: ...
        gain: ...
        delta: ...
        family: Of the neurons; see `neurons`.
        recurrence: As in `forward`.
        with_counts: Whether the loss depends on the spike counts.
        learns_alpha: Whether the gradient of alpha is wanted.
        precision: Of the product with the recurrent weights.
        block: In a program; the grid is (blocks of images, blocks of neurons).
    """
    b = (tl.program_id(0) * IMAGES + tl.arange(0, IMAGES)).to(tl.int64)
    h = tl.program_id(1) * block + tl.arange(0, block)
    inside = (b < n_images)[:, None] & (h < n_neurons)[None, :]
    place = (b * n_steps * n_neurons)[:, None] + h[None, :]
    flat = (b * n_neurons)[:, None] + h[None, :]
    layer = tl.cast(n_images, tl.int64) * n_neurons
    c_0, c_1, c_2, c_3 = coefficients(alpha, h, n_neurons, family)
    strength = tl.load(beta + h, h < n_neurons, 0.0)[None, :]
    grad_v = tl.zeros((IMAGES, block), tl.float32)
    grad_a = tl.zeros((IMAGES, block), tl.float32)
    grad_w = tl.zeros((IMAGES, block), tl.float32)
    grad_i = tl.zeros((IMAGES, block), tl.float32)
    beta_sum = tl.zeros((IMAGES, block), tl.float32)
    sum_0 = tl.zeros((IMAGES, block), tl.float32)
    sum_1 = tl.zeros((IMAGES, block), tl.float32)
    sum_2 = tl.zeros((IMAGES, block), tl.float32)
    sum_3 = tl.zeros((IMAGES, block), tl.float32)
    counted = tl.zeros((IMAGES, block), tl.float32)
    present, last_v, last = grad_v, grad_v, grad_v
    if with_counts:
        counted = tl.load(grad_counts + flat, inside, 0.0)
    if recurrence == INSIDE:
        weights = load_rows(recurrent_t, tl.arange(0, block), h, n_neurons)
        upper = weights.to(tl.bfloat16)
        lower = (weights - upper.to(tl.float32)).to(tl.bfloat16)
    final = n_steps - 1 - first_step
    if recurrence == OUTSIDE:
        if first_step > 0:
            grad_i = tl.load(adjoint + place + (final + 1) * n_neurons, inside, 0.0)
            grad_v = tl.load(state + flat, inside, 0.0)
            grad_a = tl.load(state + layer + flat, inside, 0.0)
            beta_sum = tl.load(state + 2 * layer + flat, inside, 0.0)
            if learns_alpha:
                sum_0 = tl.load(state + 3 * layer + flat, inside, 0.0)
                if family != THRESHOLD:
                    sum_1 = tl.load(state + 4 * layer + flat, inside, 0.0)
                if family == RESONANT:
                    grad_w = tl.load(state + 5 * layer + flat, inside, 0.0)
                if family == ADAPTIVE or family == SYMPLECTIC:
                    sum_2 = tl.load(state + 6 * layer + flat, inside, 0.0)
                    sum_3 = tl.load(state + 7 * layer + flat, inside, 0.0)
    # all of a step is loaded a step early, so that none waits for memory
    now = place + final * n_neurons
    z = tl.load(spikes + now, inside, 0)
    before = tl.load(spikes + place + tl.maximum(final - 1, 0) * n_neurons, inside, 0)
    arriving = tl.load(adjoint + now, inside, 0.0)
    slope = tl.load(psi + now, inside, 0.0)
    for back in range(first_step, last_step):
        t = n_steps - 1 - back
        now = place + t * n_neurons
        earlier = place + tl.maximum(t - 1, 0) * n_neurons
        next_before = tl.load(spikes + place + tl.maximum(t - 2, 0) * n_neurons, inside, 0)
        next_arriving = tl.load(adjoint + earlier, inside, 0.0)
        next_slope = tl.load(psi + earlier, inside, 0.0)
        grad_z = counted + arriving
        if recurrence == INSIDE:
            if precision == "bf16x3":  # as Triton does it, but split and summed apart
                big = grad_i.to(tl.bfloat16)
                small = (grad_i - big.to(tl.float32)).to(tl.bfloat16)
                grad_z += tl.dot(big, upper) + (tl.dot(big, lower) + tl.dot(small, upper))
            else:
                grad_z = tl.dot(grad_i, weights, grad_z, input_precision=precision)
        if recurrence == OUTSIDE:
            grad_z += tl.load(own + flat, inside & (back > 0), 0.0)
        fired = z.to(tl.float32)
        fired_before = tl.where(t > 0, before.to(tl.float32), 0.0)
        if learns_alpha:
            had_before = (t + tl.zeros_like(b) > 0)[:, None]
            present, last_v, last = load_kept(
                kept, layer * n_steps, now, earlier, inside, inside & had_before, family
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
    if recurrence == OUTSIDE:
        tl.store(state + flat, grad_v, inside)
        tl.store(state + layer + flat, grad_a, inside)
        tl.store(state + 2 * layer + flat, beta_sum, inside)
        if learns_alpha:
            tl.store(state + 3 * layer + flat, sum_0, inside)
            if family != THRESHOLD:
                tl.store(state + 4 * layer + flat, sum_1, inside)
            if family == RESONANT:
                tl.store(state + 5 * layer + flat, grad_w, inside)
            if family == ADAPTIVE or family == SYMPLECTIC:
                tl.store(state + 6 * layer + flat, sum_2, inside)
                tl.store(state + 7 * layer + flat, sum_3, inside)
    at = tl.program_id(0) * n_neurons + h
    tl.store(grad_beta + at, tl.sum(beta_sum, 0), h < n_neurons)
    if learns_alpha:
        part = tl.num_programs(0) * n_neurons  # of a coefficient
        tl.store(grad_alpha + at, tl.sum(sum_0, 0), h < n_neurons)
        if family != THRESHOLD:
            tl.store(grad_alpha + part + at, tl.sum(sum_1, 0), h < n_neurons)
        if family == ADAPTIVE or family == SYMPLECTIC:
            tl.store(grad_alpha + 2 * part + at, tl.sum(sum_2, 0), h < n_neurons)
            tl.store(grad_alpha + 3 * part + at, tl.sum(sum_3, 0), h < n_neurons)
