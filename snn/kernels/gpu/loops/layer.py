"""All steps of a layer on a GPU in one launch, or one of them."""

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
    IMAGES,
    RESONANT,
    THRESHOLD,
    coefficients,
    derivative,
    integrate,
)


@triton.jit(do_not_specialize=STEPS)
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
