"""The loops of `cuda` in Triton: every launch runs all steps of a layer.

Shapes: B images, T steps, N pixels, H neurons; all arrays are contiguous.

A program computes a block of images by a block of neurons and keeps their state in registers for
the whole loop. The neurons of a recurrent layer are in one block, as each needs the spikes of all,
and their weights stay on the processor, too; `cuda_wide` has the loops of layers for which that is
too much. No two programs write to one place, so results repeat.
"""

from __future__ import annotations

import triton
import triton.language as tl

IMAGES = tl.constexpr(16)  # the fewest rows that a tensor core multiplies
PIXELS = tl.constexpr(32)
WORDS = tl.constexpr(4)  # random numbers from one counter
# Tensor cores take 11 of the 24 bits of a number; three products make up for it.
_EXACT = tl.constexpr("tf32x3")


@triton.jit
def draw_product(
    pixels,
    table,
    key,
    weight,
    out,
    n_images,
    n_steps,
    n_pixels,
    n_neurons,
    block: tl.constexpr,
):
    """Poisson spikes, drawn as `snn.encoding.poisson` defines them, times weight: out (B, T, H).

    The key is (2,) int64. The grid is (blocks of images, blocks of WORDS steps, blocks of neurons).
    """
    b = tl.program_id(0) * IMAGES + tl.arange(0, IMAGES)
    place = tl.program_id(1)
    h = tl.program_id(2) * block + tl.arange(0, block)
    total_0 = tl.zeros((IMAGES, block), tl.float32)
    total_1 = tl.zeros((IMAGES, block), tl.float32)
    total_2 = tl.zeros((IMAGES, block), tl.float32)
    total_3 = tl.zeros((IMAGES, block), tl.float32)
    for first in range(0, n_pixels, PIXELS):
        n = first + tl.arange(0, PIXELS)
        z_0, z_1, z_2, z_3 = _draw(
            pixels, table, key, place, b[:, None], n[None, :], n_images, n_pixels
        )
        inside = (n < n_pixels)[:, None] & (h < n_neurons)[None, :]
        rows = tl.load(weight + n[:, None] * n_neurons + h[None, :], inside, 0.0)
        total_0 = tl.dot(z_0, rows, total_0, input_precision=_EXACT)
        total_1 = tl.dot(z_1, rows, total_1, input_precision=_EXACT)
        total_2 = tl.dot(z_2, rows, total_2, input_precision=_EXACT)
        total_3 = tl.dot(z_3, rows, total_3, input_precision=_EXACT)
    t = place * WORDS + tl.zeros_like(b)[:, None]
    at = (b.to(tl.int64)[:, None] * n_steps + t) * n_neurons + h[None, :]
    inside = (b < n_images)[:, None] & (h < n_neurons)[None, :]
    tl.store(out + at, total_0, inside)
    tl.store(out + at + n_neurons, total_1, inside & (t + 1 < n_steps))
    tl.store(out + at + 2 * n_neurons, total_2, inside & (t + 2 < n_steps))
    tl.store(out + at + 3 * n_neurons, total_3, inside & (t + 3 < n_steps))


@triton.jit
def draw_product_backward(
    pixels,
    table,
    key,
    adjoint,
    grad_weight,
    n_images,
    n_steps,
    n_pixels,
    n_neurons,
    n_blocks,
    block: tl.constexpr,
):
    """Gradient of the weights, one sum per part of the batch: grad_weight (parts, N, H).

    The grid is (blocks of pixels, blocks of neurons, parts of n_blocks blocks of images).
    """
    n = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    h = tl.program_id(1) * block + tl.arange(0, block)
    part = tl.program_id(2)
    total = tl.zeros((PIXELS, block), tl.float32)
    for images in range(part * n_blocks, (part + 1) * n_blocks):
        b = images * IMAGES + tl.arange(0, IMAGES)
        inside = (b < n_images)[:, None] & (h < n_neurons)[None, :]
        for place in range(tl.cdiv(n_steps, WORDS)):
            z_0, z_1, z_2, z_3 = _draw(
                pixels, table, key, place, b[None, :], n[:, None], n_images, n_pixels
            )
            t = place * WORDS + tl.zeros_like(b)[:, None]
            at = adjoint + (b.to(tl.int64)[:, None] * n_steps + t) * n_neurons + h[None, :]
            g_0 = tl.load(at, inside, 0.0)
            g_1 = tl.load(at + n_neurons, inside & (t + 1 < n_steps), 0.0)
            g_2 = tl.load(at + 2 * n_neurons, inside & (t + 2 < n_steps), 0.0)
            g_3 = tl.load(at + 3 * n_neurons, inside & (t + 3 < n_steps), 0.0)
            total = tl.dot(z_0, g_0, total, input_precision=_EXACT)
            total = tl.dot(z_1, g_1, total, input_precision=_EXACT)
            total = tl.dot(z_2, g_2, total, input_precision=_EXACT)
            total = tl.dot(z_3, g_3, total, input_precision=_EXACT)
    at = grad_weight + (part * n_pixels + n[:, None]) * n_neurons + h[None, :]
    tl.store(at, total, (n < n_pixels)[:, None] & (h < n_neurons)[None, :])


@triton.jit
def _draw(pixels, table, key, place, b, n, n_images, n_pixels):
    """Spikes of WORDS steps, in the shape of b and n broadcast."""
    inside = (b < n_images) & (n < n_pixels)
    grey = tl.load(pixels + b.to(tl.int64) * n_pixels + n, inside, 0)
    bound = tl.where(inside, tl.load(table + grey), 0)
    image = b.to(tl.uint32) + tl.zeros_like(grey).to(tl.uint32)
    pixel = n.to(tl.uint32) + tl.zeros_like(grey).to(tl.uint32)
    step = (place + tl.zeros_like(image)).to(tl.uint32)
    both = tl.load(key) | tl.load(key + 1) << 32
    w_0, w_1, w_2, w_3 = tl.philox(both, step, pixel, image, tl.zeros_like(image))
    return (
        (w_0.to(tl.int64) < bound).to(tl.float32),
        (w_1.to(tl.int64) < bound).to(tl.float32),
        (w_2.to(tl.int64) < bound).to(tl.float32),
        (w_3.to(tl.int64) < bound).to(tl.float32),
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
    potentials,
    counts,
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
    surrogate: tl.constexpr,
    is_recurrent: tl.constexpr,
    learns: tl.constexpr,
    learns_alpha: tl.constexpr,
    block: tl.constexpr,
):
    """Run a layer; see `snn.neurons.alif` for the equations.

    Args:
        current: Feed-forward, element (b, t, h) at b · image_stride + t · step_stride + h.
        high: (H, H) float16, the recurrent weights divided by scale; used if is_recurrent.
        low: (H, H) float16, what is left of them.
        scale: One number.
        alpha: (H,) α.
        beta: (H,) β.
        spikes: Out (B, T, H) uint8.
        psi: Out (B, T, H), ∂z/∂v for the way back, if learns; it may be the current itself.
        potentials: Out (B, T, H), v, if learns_alpha.
        counts: Out (B, H), spikes of every neuron.
        n_images: B.
        n_steps: T.
        n_neurons: H.
        image_stride: Of the current.
        step_stride: Of the current; 0 if it is constant.
        rho: As in `Dynamics`, like the four that follow.
        sigma: ...
        threshold: ...
        slope: ...
        takes_current: ...
        surrogate: Its code.
        is_recurrent: Whether there are recurrent weights.
        learns: Whether psi is wanted.
        learns_alpha: Whether v is wanted.
        block: In a program; the grid is (blocks of images, blocks of neurons).
    """
    b = (tl.program_id(0) * IMAGES + tl.arange(0, IMAGES)).to(tl.int64)
    h = tl.program_id(1) * block + tl.arange(0, block)
    inside = (b < n_images)[:, None] & (h < n_neurons)[None, :]
    place = (b * n_steps * n_neurons)[:, None] + h[None, :]
    source = current + (b * image_stride)[:, None] + h[None, :]
    decay = tl.load(alpha + h, h < n_neurons, 0.0)[None, :]
    strength = tl.load(beta + h, h < n_neurons, 0.0)[None, :]
    i = tl.zeros((IMAGES, block), tl.float32)
    v = tl.zeros((IMAGES, block), tl.float32)
    a = tl.zeros((IMAGES, block), tl.float32)
    z = tl.zeros((IMAGES, block), tl.float32)
    count = tl.zeros((IMAGES, block), tl.float32)
    if is_recurrent:
        weights_high = _rows(high, tl.arange(0, block), h, n_neurons)
        weights_low = _rows(low, tl.arange(0, block), h, n_neurons)
    ahead = tl.load(source, inside, 0.0)  # a step early, so that no step waits for memory
    for t in range(n_steps):
        arriving = ahead
        ahead = tl.load(source + tl.minimum(t + 1, n_steps - 1) * step_stride, inside, 0.0)
        if is_recurrent:
            fired = z.to(tl.float16)  # two sums, so that neither product waits for the other
            own = tl.dot(fired, weights_high) + tl.dot(fired, weights_low)
            arriving += tl.load(scale) * own
        i = sigma * i + arriving
        v = decay * v * (1 - z) + i * (1 - takes_current * z)
        a = rho * a + z
        limit = threshold + strength * a
        distance = v - limit
        z = tl.where(inside & (distance >= 0), 1.0, 0.0)
        count += z
        tl.store(spikes + place + t * n_neurons, z.to(tl.uint8), inside)
        if learns:
            tl.store(
                psi + place + t * n_neurons, _derivative(distance, limit, slope, surrogate), inside
            )
        if learns_alpha:
            tl.store(potentials + place + t * n_neurons, v, inside)
    tl.store(counts + (b * n_neurons)[:, None] + h[None, :], count, inside)


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
def _derivative(distance, limit, slope, surrogate: tl.constexpr):
    """ψ of `snn.surrogates`, in the order of SURROGATE_CODES."""
    if surrogate == 0:
        root = slope * tl.abs(distance) + 1
        psi = 1 / (root * root)
    elif surrogate == 1:
        scale = limit + 1e-5
        psi = slope / scale * tl.maximum(1 - tl.abs(distance / scale), 0)
    else:
        root = 1.5707963267948966 * slope * distance
        psi = 1 / (1 + root * root)
    return psi


@triton.jit
def _rows(matrix, rows, columns, size):
    """A block of a square matrix, zeros outside of it."""
    inside = (rows < size)[:, None] & (columns < size)[None, :]
    return tl.load(matrix + rows[:, None] * size + columns[None, :], inside, 0.0)


@triton.jit
def backward(
    adjoint,
    recurrent_t,
    alpha,
    beta,
    spikes,
    psi,
    potentials,
    grad_counts,
    grad_alpha,
    grad_beta,
    n_images,
    n_steps,
    n_neurons,
    rho,
    sigma,
    takes_current,
    adapts,
    is_recurrent: tl.constexpr,
    with_counts: tl.constexpr,
    learns_alpha: tl.constexpr,
    precision: tl.constexpr,
    block: tl.constexpr,
):
    """Backpropagation through time of a layer; `cpu_loops.backward` has the equations.

    Args:
        adjoint: In: what comes from above to the spikes (B, T, H). Out: gradient of the current.
        recurrent_t: (H, H), transposed, used if is_recurrent.
        alpha: (H,) α.
        beta: (H,) β.
        spikes: (B, T, H) uint8.
        psi: (B, T, H).
        potentials: (B, T, H), used if learns_alpha.
        grad_counts: (B, H), used if with_counts.
        grad_alpha: Out (blocks of images, H), if learns_alpha.
        grad_beta: Out (blocks of images, H).
        n_images: B.
        n_steps: T.
        n_neurons: H.
        rho: As in `Dynamics`, like the three that follow.
        sigma: ...
        takes_current: ...
        adapts: ...
        is_recurrent: Whether there are recurrent weights.
        with_counts: Whether the loss depends on the spike counts.
        learns_alpha: Whether the gradient of α is wanted.
        precision: Of the product with the recurrent weights.
        block: In a program; the grid is (blocks of images, blocks of neurons).
    """
    b = (tl.program_id(0) * IMAGES + tl.arange(0, IMAGES)).to(tl.int64)
    h = tl.program_id(1) * block + tl.arange(0, block)
    inside = (b < n_images)[:, None] & (h < n_neurons)[None, :]
    place = (b * n_steps * n_neurons)[:, None] + h[None, :]
    decay = tl.load(alpha + h, h < n_neurons, 0.0)[None, :]
    strength = tl.load(beta + h, h < n_neurons, 0.0)[None, :]
    grad_v = tl.zeros((IMAGES, block), tl.float32)
    slow = tl.zeros((IMAGES, block), tl.float32)  # λ
    grad_i = tl.zeros((IMAGES, block), tl.float32)
    alpha_sum = tl.zeros((IMAGES, block), tl.float32)
    beta_sum = tl.zeros((IMAGES, block), tl.float32)
    counted = tl.zeros((IMAGES, block), tl.float32)
    if with_counts:
        counted = tl.load(grad_counts + (b * n_neurons)[:, None] + h[None, :], inside, 0.0)
    if is_recurrent:
        weights = _rows(recurrent_t, tl.arange(0, block), h, n_neurons)
        upper = weights.to(tl.bfloat16)
        lower = (weights - upper.to(tl.float32)).to(tl.bfloat16)
    final = place + (n_steps - 1) * n_neurons
    # all of a step is loaded a step early, so that none waits for memory
    z = tl.load(spikes + final, inside, 0)
    before = tl.load(spikes + place + tl.maximum(n_steps - 2, 0) * n_neurons, inside, 0)
    arriving = tl.load(adjoint + final, inside, 0.0)
    derivative = tl.load(psi + final, inside, 0.0)
    for back in range(n_steps):
        t = n_steps - 1 - back
        earlier = place + tl.maximum(t - 1, 0) * n_neurons
        next_before = tl.load(spikes + place + tl.maximum(t - 2, 0) * n_neurons, inside, 0)
        next_arriving = tl.load(adjoint + earlier, inside, 0.0)
        next_derivative = tl.load(psi + earlier, inside, 0.0)
        grad_z = counted + arriving
        if is_recurrent:
            if precision == "bf16x3":  # as Triton does it, but split and summed apart
                high = grad_i.to(tl.bfloat16)
                low = (grad_i - high.to(tl.float32)).to(tl.bfloat16)
                grad_z += tl.dot(high, upper) + (tl.dot(high, lower) + tl.dot(low, upper))
            else:
                grad_z = tl.dot(grad_i, weights, grad_z, input_precision=precision)
        fired = z.to(tl.float32)
        fired_before = tl.where(t > 0, before.to(tl.float32), 0.0)
        grad_x = (grad_z + strength * adapts * slow) * derivative
        beta_sum += fired * slow
        grad_v = grad_x + decay * (1 - fired) * grad_v
        if learns_alpha and t > 0:
            last = tl.load(potentials + earlier, inside, 0.0)
            alpha_sum += (1 - fired_before) * last * grad_v
        slow = rho * slow - adapts * grad_x
        grad_i = sigma * grad_i + grad_v * (1 - takes_current * fired_before)
        tl.store(adjoint + place + t * n_neurons, grad_i, inside)
        z, before = before, next_before
        arriving, derivative = next_arriving, next_derivative
    own = tl.program_id(0) * n_neurons + h
    tl.store(grad_beta + own, tl.sum(beta_sum, 0), h < n_neurons)
    if learns_alpha:
        tl.store(grad_alpha + own, tl.sum(alpha_sum, 0), h < n_neurons)
