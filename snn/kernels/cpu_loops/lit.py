"""The product of the constant code with the first weights as a sum over the pixels that are lit.

A fifth of the pixels of a digit is lit, so it is a third of the work of the dense product.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from snn.kernels.cpu_loops.events import TOP, Events, add_rows_times, zero
from snn.kernels.lanes import LANES, append, lit
from snn.kernels.steps.parts import F32, I32, compiled


@compiled
def list_lit(pixels: NDArray[np.uint8], table: F32, events: Events, values: F32) -> None:
    """List the pixels (B, N) that are not black, in one slot, with what the table has for them.

    Args:
        pixels: Grey levels.
        table: (256,), of 0 for black.
        events: Out; an image has room for N + LANES.
        values: Out (B, N + LANES).
    """
    n_pixels = pixels.shape[1]
    whole = n_pixels - n_pixels % LANES
    for b in range(len(pixels)):
        n = 0
        for pixel in range(0, whole, LANES):
            n = append(events.rows, b, n, lit(pixels, (b, pixel)), pixel, n_pixels)
        for pixel in range(whole, n_pixels):
            events.rows[b, n] = pixel
            n += pixels[b, pixel] > 0
        events.offsets[b, 0], events.offsets[b, 1] = 0, n
        for k in range(n):
            values[b, k] = table[pixels[b, events.rows[b, k]]]


@compiled
def sum_lit(events: Events, values: F32, weight: F32, current: F32) -> None:
    """The current (B, H or more) that lit pixels make through weights (N, H)."""
    for b in range(len(current)):
        zero(current, b)
        add_rows_times(current, b, weight, events, values, b, TOP)


@compiled
def sum_lit_backward(events: Events, values: F32, grad_current: F32, grad_weight: F32) -> None:
    """Add the gradient of the weights, from that of the current.

    It goes through the images of a pixel, not the pixels of an image: a row is written once.
    """
    starts: I32 = np.zeros((1, len(grad_weight) + 1), np.int32)
    for b in range(len(grad_current)):
        for k in range(events.offsets[b, 1]):
            starts[0, events.rows[b, k] + 1] += 1
    for pixel in range(len(grad_weight)):
        starts[0, pixel + 1] += starts[0, pixel]
    place = starts[0].copy()
    n_lit = np.intp(starts[0, len(grad_weight)])
    images: I32 = np.empty((1, n_lit), np.int32)
    factors: F32 = np.empty((1, n_lit), np.float32)
    for b in range(len(grad_current)):
        for k in range(events.offsets[b, 1]):
            pixel = events.rows[b, k]
            images[0, place[pixel]], factors[0, place[pixel]] = b, values[b, k]
            place[pixel] += 1
    by_pixel = Events(images, starts)
    for pixel in range(len(grad_weight)):
        add_rows_times(grad_weight, pixel, grad_current, by_pixel, factors, TOP, pixel)
