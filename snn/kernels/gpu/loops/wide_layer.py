"""All steps of a layer whose neurons several processors of the GPU share."""

from __future__ import annotations

import triton
import triton.language as tl

from snn.kernels.gpu.loops.recurrence import (
    load_rows,
    wait,
)
from snn.kernels.gpu.neurons import (
    IMAGES,
    THRESHOLD,
    coefficients,
    derivative,
    integrate,
)


@triton.jit
def forward(
    current,
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
    arrived,
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
    learns: tl.constexpr,
    learns_alpha: tl.constexpr,
    single: tl.constexpr,
    width: tl.constexpr,
    block: tl.constexpr,
):
    """Run the steps from first_step up to last_step; most arguments are `layer.forward`'s.

    `state` (4, B, H) has v, a, current and w between launches of single steps;
    `arrived` (blocks of images,), zeros, counts programs that are done with a step. `width` is a
    power of 2, at least H. The grid is (blocks of neurons, blocks of images).
    """
    b = (tl.program_id(1) * IMAGES + tl.arange(0, IMAGES)).to(tl.int64)
    h = tl.program_id(0) * block + tl.arange(0, block)
    k = tl.arange(0, width)
    inside = (b < n_images)[:, None] & (h < n_neurons)[None, :]
    place = (b * n_steps * n_neurons)[:, None] + h[None, :]
    everyone = (b * n_steps * n_neurons)[:, None] + k[None, :]
    real = (b < n_images)[:, None] & (k < n_neurons)[None, :]
    own = (b * n_neurons)[:, None] + h[None, :]
    source = current + (b * image_stride)[:, None] + h[None, :]
    c_0, c_1, c_2, c_3 = coefficients(alpha, h, n_neurons, family)
    strength = tl.load(beta + h, h < n_neurons, 0.0)[None, :]
    weights_high = load_rows(high, k, h, n_neurons)
    weights_low = load_rows(low, k, h, n_neurons)
    size = tl.cast(n_images, tl.int64) * n_neurons
    i = tl.zeros((IMAGES, block), tl.float32)
    v = tl.zeros((IMAGES, block), tl.float32)
    a = tl.zeros((IMAGES, block), tl.float32)
    w = tl.zeros((IMAGES, block), tl.float32)
    z = tl.zeros((IMAGES, block), tl.float32)
    count = tl.zeros((IMAGES, block), tl.float32)
    if single and first_step > 0:
        v = tl.load(state + own, inside, 0.0)
        a = tl.load(state + size + own, inside, 0.0)
        i = tl.load(state + 2 * size + own, inside, 0.0)
        w = tl.load(state + 3 * size + own, inside, 0.0)
        count = tl.load(counts + own, inside, 0.0)
        z = tl.load(spikes + place + (first_step - 1) * n_neurons, inside, 0).to(tl.float32)
    ahead = tl.load(source + first_step * step_stride, inside, 0.0)
    for t in range(first_step, last_step):
        arriving = ahead
        ahead = tl.load(source + tl.minimum(t + 1, n_steps - 1) * step_stride, inside, 0.0)
        if t > 0:  # from the cache that all processors share
            fired = tl.load(
                spikes + everyone + (t - 1) * n_neurons, real, 0, cache_modifier=".cg"
            ).to(tl.float16)
            arriving += tl.load(scale) * (tl.dot(fired, weights_high) + tl.dot(fired, weights_low))
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
                tl.store(kept + size * n_steps + now, a, inside)
                tl.store(kept + 2 * size * n_steps + now, w, inside)
        if not single:
            wait(arrived + tl.program_id(1), tl.num_programs(0) * (t + 1))
    tl.store(counts + own, count, inside)
    if single:
        tl.store(state + own, v, inside)
        tl.store(state + size + own, a, inside)
        tl.store(state + 2 * size + own, i, inside)
        tl.store(state + 3 * size + own, w, inside)
