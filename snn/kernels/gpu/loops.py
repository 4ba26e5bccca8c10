"""The loops of `cuda` in Triton: a launch runs all steps of a layer, or one of them.

Shapes: B images, T steps, H neurons; all arrays are contiguous.

A program computes a block of images by a block of neurons and keeps their state in registers. What
happens in a step, `neurons` says for every family. A layer is ALONE where no neuron gets spikes of
its own layer: then a launch runs all steps. It does so, too, with recurrent weights INSIDE: all
neurons are in one block, and their weights stay on the processor. For wider layers these weights
are multiplied OUTSIDE, by a library: then a launch runs one step, and the state waits in memory for
the next one. `wide_loops` has the loops of layers in between. No two programs write to one place,
so results repeat.
"""

from __future__ import annotations

import triton
import triton.language as tl

from snn.kernels.gpu.neurons import (
    ADAPTIVE,
    IMAGES,
    RESONANT,
    SYMPLECTIC,
    THRESHOLD,
    coefficients,
    derivative,
    integrate,
    learn,
    load_kept,
    step_back,
)

ALONE = tl.constexpr(0)
INSIDE = tl.constexpr(1)
OUTSIDE = tl.constexpr(2)

_STEPS = ["first_step", "last_step"]  # else a loop is compiled for every step


@triton.jit(do_not_specialize=_STEPS)
def forward(
    current,
    own,
    high,
    low,
    scale,
    alpha,
    beta,
    spikes,
    psi,
    kept,
    counts,
    state,
    first_step,
    last_step,
    n_images,
    n_steps,
    n_neurons,
    image_stride,
    step_stride,
    rho,
    sigma,
    threshold,
    slope,
    takes_current,
    gain,
    delta,
    family: tl.constexpr,
    surrogate: tl.constexpr,
    recurrence: tl.constexpr,
    learns: tl.constexpr,
    learns_alpha: tl.constexpr,
    block: tl.constexpr,
):
    """Run the steps of a layer from first_step up to last_step.

    Args:
        current: Feed-forward, element (b, t, h) at b · image_stride + t · step_stride + h.
        own: (B, H), current that the spikes of the step before make, if OUTSIDE.
        high: (H, H) float16, the recurrent weights divided by scale, if INSIDE.
        low: (H, H) float16, what is left of them, if INSIDE.
        scale: One number, if INSIDE.
        alpha: (·, H) α or the coefficients.
        beta: (H,) β.
        spikes: Out (B, T, H) uint8.
        psi: Out (B, T, H), ∂z/∂v for the way back, if learns; it may be the current itself.
        kept: Out (·, B, T, H), v, and of other families a and w, if learns_alpha.
        counts: Out (B, H), spikes of every neuron.
        state: (5, B, H), z, v, a, current and w between launches, if OUTSIDE.
        first_step: Of this launch.
        last_step: The first one that is not of this launch.
        n_images: B.
        n_steps: T.
        n_neurons: H.
        image_stride: Of the current.
        step_stride: Of the current; 0 if it is constant.
        rho: As in the family's numbers, like the six that follow.
        sigma: ...
        threshold: ...
        slope: ...
        takes_current: ...
        gain: ...
        delta: ...
        family: Of the neurons; see `neurons`.
        surrogate: Its code.
        recurrence: One of the three above.
        learns: Whether psi is wanted.
        learns_alpha: Whether kept is wanted.
        block: In a program; the grid is (blocks of images, blocks of neurons).
    """
    b = (tl.program_id(0) * IMAGES + tl.arange(0, IMAGES)).to(tl.int64)
    h = tl.program_id(1) * block + tl.arange(0, block)
    inside = (b < n_images)[:, None] & (h < n_neurons)[None, :]
    place = (b * n_steps * n_neurons)[:, None] + h[None, :]
    flat = (b * n_neurons)[:, None] + h[None, :]
    layer = tl.cast(n_images, tl.int64) * n_neurons
    source = current + (b * image_stride)[:, None] + h[None, :]
    c_0, c_1, c_2, c_3 = coefficients(alpha, h, n_neurons, family)
    strength = tl.load(beta + h, h < n_neurons, 0.0)[None, :]
    i = tl.zeros((IMAGES, block), tl.float32)
    v = tl.zeros((IMAGES, block), tl.float32)
    a = tl.zeros((IMAGES, block), tl.float32)
    w = tl.zeros((IMAGES, block), tl.float32)
    z = tl.zeros((IMAGES, block), tl.float32)
    count = tl.zeros((IMAGES, block), tl.float32)
    if recurrence == INSIDE:
        weights_high = load_rows(high, tl.arange(0, block), h, n_neurons)
        weights_low = load_rows(low, tl.arange(0, block), h, n_neurons)
    if recurrence == OUTSIDE:
        if first_step > 0:
            z = tl.load(state + flat, inside, 0.0)
            v = tl.load(state + layer + flat, inside, 0.0)
            a = tl.load(state + 2 * layer + flat, inside, 0.0)
            i = tl.load(state + 3 * layer + flat, inside, 0.0)
            count = tl.load(counts + flat, inside, 0.0)
            if family == RESONANT:
                w = tl.load(state + 4 * layer + flat, inside, 0.0)
    # a step early, so that no step waits for memory
    ahead = tl.load(source + first_step * step_stride, inside, 0.0)
    for t in range(first_step, last_step):
        arriving = ahead
        ahead = tl.load(source + tl.minimum(t + 1, n_steps - 1) * step_stride, inside, 0.0)
        if recurrence == INSIDE:
            fired = z.to(tl.float16)  # two sums, so that neither product waits for the other
            made = tl.dot(fired, weights_high) + tl.dot(fired, weights_low)
            arriving += tl.load(scale) * made
        if recurrence == OUTSIDE:
            arriving += tl.load(own + flat, inside & (t > 0), 0.0)
        i = sigma * i + arriving
        v, a, w, limit = integrate(
            i,
            v,
            a,
            w,
            z,
            c_0,
            c_1,
            c_2,
            c_3,
            strength,
            rho,
            threshold,
            takes_current,
            gain,
            delta,
            family,
        )
        distance = v - limit
        z = tl.where(inside & (distance >= 0), 1.0, 0.0)
        count += z
        now = place + t * n_neurons
        tl.store(spikes + now, z.to(tl.uint8), inside)
        if learns:
            tl.store(psi + now, derivative(distance, limit, slope, surrogate), inside)
        if learns_alpha:
            tl.store(kept + now, v, inside)
            if family != THRESHOLD:
                tl.store(kept + layer * n_steps + now, a, inside)
                tl.store(kept + 2 * layer * n_steps + now, w, inside)
    tl.store(counts + flat, count, inside)
    if recurrence == OUTSIDE:
        tl.store(state + flat, z, inside)
        tl.store(state + layer + flat, v, inside)
        tl.store(state + 2 * layer + flat, a, inside)
        tl.store(state + 3 * layer + flat, i, inside)
        if family == RESONANT:
            tl.store(state + 4 * layer + flat, w, inside)


@triton.jit
def halves(matrix, high, low, scale, size, block: tl.constexpr):
    """Write weights as scale · (high + low), both float16: together they have 22 of the 24 bits.

    Args:
        matrix: As many numbers as `size`.
        high: Out, float16.
        low: Out, float16, what is left.
        scale: Out, one number, the largest magnitude.
        size: Of the matrix.
        block: Read at a time; the grid is (1,), as no part is done before the largest is known.
    """
    largest = tl.full((block,), 1e-30, tl.float32)
    for first in range(0, size, block):
        at = first + tl.arange(0, block)
        largest = tl.maximum(largest, tl.abs(tl.load(matrix + at, at < size, 0.0)))
    most = tl.max(largest, 0)
    tl.store(scale, most)
    for first in range(0, size, block):
        at = first + tl.arange(0, block)
        scaled = tl.load(matrix + at, at < size, 0.0) / most
        upper = scaled.to(tl.float16)
        tl.store(high + at, upper, at < size)
        tl.store(low + at, (scaled - upper.to(tl.float32)).to(tl.float16), at < size)


@triton.jit
def load_rows(matrix, rows, columns, size):
    """A block of a square matrix, zeros outside of it."""
    inside = (rows < size)[:, None] & (columns < size)[None, :]
    return tl.load(matrix + rows[:, None] * size + columns[None, :], inside, 0.0)


@triton.jit(do_not_specialize=_STEPS)
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
    """Backpropagation through time of a layer; `cpu_loops.backward` has the equations.

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
