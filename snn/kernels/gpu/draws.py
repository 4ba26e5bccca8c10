"""Poisson spikes drawn where they are used, times weights, and the gradient of these.

Shapes: B images, T steps, N pixels, H neurons; all arrays are contiguous.
"""

from __future__ import annotations

import triton
import triton.language as tl

from snn.kernels.gpu.neurons import IMAGES

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
