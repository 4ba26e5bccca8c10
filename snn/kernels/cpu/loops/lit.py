"""The product of the constant code with the first weights as a sum over the pixels that are lit.

A fifth of the pixels of a digit is lit, so it is a third of the work of the dense product.
"""

from __future__ import annotations

import numpy as np

from snn.kernels.cpu.lanes import LANES, append, lit
from snn.kernels.cpu.loops.events import TOP, Events, Inputs, add_rows_times, zero
from snn.kernels.cpu.steps.parts import F32, I32, step_part


@step_part
def sum_lit(inputs: Inputs, b: int, weight: F32) -> None:
    """List the lit pixels of an image, and write the current that they make to `inputs.current`.

    Args:
        inputs: With `pixels` and `table`. The list goes to the events, in one slot, and to
            `values`; an image has room for N + LANES. Where there are fewer rows than images,
            images use them in turn.
        b: The image.
        weight: (N, H).
    """
    pixels, events, values = inputs.pixels, inputs.events, inputs.values
    n_pixels, row = pixels.shape[1], b % len(values)
    whole = n_pixels - n_pixels % LANES
    n = TOP
    for pixel in range(0, whole, LANES):
        n = append(events.rows, row, n, lit(pixels, (b, pixel)), pixel, n_pixels)
    for pixel in range(whole, n_pixels):
        events.rows[row, n] = pixel
        n += pixels[b, pixel] > 0
    events.offsets[row, 0], events.offsets[row, 1] = 0, n
    for k in range(n):
        values[row, k] = inputs.table[pixels[b, events.rows[row, k]]]
    to = b % len(inputs.current)
    zero(inputs.current, to)
    add_rows_times(inputs.current, to, weight, events, values, row, TOP)


@step_part
def sum_lit_backward(inputs: Inputs, grad_current: F32, grad_weight: F32) -> None:
    """Add the gradient of the weights, from that of the current.

    It goes through the images of a pixel, not the pixels of an image: a row is written once.
    """
    events, values = inputs.events, inputs.values
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
