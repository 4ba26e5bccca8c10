"""The loops of `cuda` in Triton: every launch runs all steps of a layer.

Shapes: B images, T steps, N pixels, H neurons; all arrays are contiguous.

A program computes a block of images by a block of neurons and keeps their state in registers for
the whole loop. The neurons of a recurrent layer are in one block, as each needs the spikes of all;
up to RESIDENT of them their weights stay on the processor, too, else they come from its cache in
slices of DEPTH rows at every step. No two programs write to one place, so results repeat.
"""

from __future__ import annotations

import triton
import triton.language as tl

RESIDENT = 128  # 64 KB of weights
IMAGES = tl.constexpr(16)  # the fewest rows that a tensor core multiplies
DEPTH = tl.constexpr(32)
PIXELS = tl.constexpr(32)
WORDS = tl.constexpr(4)  # random numbers from one counter
# Tensor cores take 11 of the 24 bits of a number; three products make up for it.
_EXACT = tl.constexpr("tf32x3")


@triton.jit
def sum_rows(
    pixels,
    table,
    weight,
    out,
    n_slots,
    n_pixels,
    n_neurons,
    block: tl.constexpr,
):
    """Add the weight row of every pixel to out[b, table[grey]], unless that is the last or beyond.

    Args:
        pixels: (B, N) uint8.
        table: (256,) int64, step or period of every grey level.
        weight: (N, H).
        out: (B, n_slots, H), zeros.
        n_slots: T.
        n_pixels: N.
        n_neurons: H.
        block: In a program; the grid is (B, blocks of neurons).
    """
    b = tl.program_id(0).to(tl.int64)
    h = tl.program_id(1) * block + tl.arange(0, block)
    inside = h < n_neurons
    for n in range(n_pixels):
        slot = tl.load(table + tl.load(pixels + b * n_pixels + n))
        if slot < n_slots:
            at = out + (b * n_slots + slot) * n_neurons + h
            row = tl.load(weight + n * n_neurons + h, inside, 0.0)
            tl.store(at, tl.load(at, inside, 0.0) + row, inside)


@triton.jit
def sum_rows_backward(
    pixels,
    table,
    adjoint,
    grad_weight,
    n_images,
    n_slots,
    n_pixels,
    n_neurons,
    block: tl.constexpr,
):
    """grad_weight[n] = sum over images of adjoint[b, table[grey]]; see `sum_rows`.

    The grid is (N, blocks of neurons).
    """
    n = tl.program_id(0)
    h = tl.program_id(1) * block + tl.arange(0, block)
    total = tl.zeros((IMAGES, block), tl.float32)
    for first in range(0, n_images, IMAGES):
        b = first + tl.arange(0, IMAGES).to(tl.int64)
        grey = tl.load(pixels + b * n_pixels + n, b < n_images, 0)
        slot = tl.load(table + grey)
        wanted = ((slot < n_slots) & (b < n_images))[:, None] & (h < n_neurons)[None, :]
        at = ((b * n_slots + slot) * n_neurons)[:, None] + h[None, :]
        total += tl.load(adjoint + at, wanted, 0.0)
    tl.store(grad_weight + n * n_neurons + h, tl.sum(total, 0), h < n_neurons)


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
    kept: tl.constexpr,
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
        kept: Whether they fit on the processor.
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
    if is_recurrent and kept:
        weights_high = _rows(high, tl.arange(0, block), h, n_neurons)
        weights_low = _rows(low, tl.arange(0, block), h, n_neurons)
    for t in range(n_steps):
        arriving = tl.load(source + t * step_stride, inside, 0.0)
        if is_recurrent:
            own = tl.zeros((IMAGES, block), tl.float32)
            if kept:
                own = tl.dot(z.to(tl.float16), weights_high, own)
                own = tl.dot(z.to(tl.float16), weights_low, own)
            elif t > 0:
                before = spikes + (t - 1) * n_neurons + (b * n_steps * n_neurons)[:, None]
                for first in range(0, n_neurons, DEPTH):
                    k = first + tl.arange(0, DEPTH)
                    fired = tl.load(
                        before + k[None, :], (b < n_images)[:, None] & (k < n_neurons), 0
                    )
                    own = tl.dot(fired.to(tl.float16), _rows(high, k, h, n_neurons), own)
                    own = tl.dot(fired.to(tl.float16), _rows(low, k, h, n_neurons), own)
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
        if is_recurrent and not kept:
            tl.debug_barrier()  # all warps of the program see the spikes that the others wrote
    tl.store(counts + (b * n_neurons)[:, None] + h[None, :], count, inside)


@triton.jit
def _derivative(distance, limit, slope, surrogate: tl.constexpr):
    """ψ of `snn.surrogate`, in the order of SURROGATE_CODES."""
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
    kept: tl.constexpr,
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
        kept: Whether they fit on the processor.
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
    if is_recurrent and kept:
        weights = _rows(recurrent_t, tl.arange(0, block), h, n_neurons)
    z = tl.load(spikes + place + (n_steps - 1) * n_neurons, inside, 0).to(tl.float32)
    for back in range(n_steps):
        t = n_steps - 1 - back
        grad_z = counted + tl.load(adjoint + place + t * n_neurons, inside, 0.0)
        if is_recurrent:
            if kept:
                grad_z = tl.dot(grad_i, weights, grad_z, input_precision=precision)
            elif back > 0:
                after = adjoint + (t + 1) * n_neurons + (b * n_steps * n_neurons)[:, None]
                for first in range(0, n_neurons, DEPTH):
                    k = first + tl.arange(0, DEPTH)
                    part = tl.load(after + k[None, :], (b < n_images)[:, None] & (k < n_neurons), 0)
                    rows = _rows(recurrent_t, k, h, n_neurons)
                    grad_z = tl.dot(part, rows, grad_z, input_precision=precision)
        derivative = tl.load(psi + place + t * n_neurons, inside, 0.0)
        before = tl.zeros_like(z)
        if t > 0:
            before = tl.load(spikes + place + (t - 1) * n_neurons, inside, 0).to(tl.float32)
        grad_x = (grad_z + strength * adapts * slow) * derivative
        beta_sum += z * slow
        grad_v = grad_x + decay * (1 - z) * grad_v
        if learns_alpha and t > 0:
            last = tl.load(potentials + place + (t - 1) * n_neurons, inside, 0.0)
            alpha_sum += (1 - before) * last * grad_v
        slow = rho * slow - adapts * grad_x
        grad_i = sigma * grad_i + grad_v * (1 - takes_current * before)
        tl.store(adjoint + place + t * n_neurons, grad_i, inside)
        z = before
        if is_recurrent and not kept:
            tl.debug_barrier()
    own = tl.program_id(0) * n_neurons + h
    tl.store(grad_beta + own, tl.sum(beta_sum, 0), h < n_neurons)
    if learns_alpha:
        tl.store(grad_alpha + own, tl.sum(alpha_sum, 0), h < n_neurons)
