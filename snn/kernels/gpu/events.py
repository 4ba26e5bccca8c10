"""Events as current: sums of weight rows, and what their gradients need.

Of a spike per pixel, the pixels of an image are first sorted by their steps. Recorded events are
sorted already.

Shapes: B images, T steps, N pixels, H neurons. Every sum goes over the events in their order, by
one program, so results repeat.
"""

from __future__ import annotations

import triton
import triton.language as tl

STEPS = tl.constexpr(4)  # that a program sums, one after the other
CHUNK = tl.constexpr(32)  # events that are counted at a time


@triton.jit
def sort_events(
    pixels, table, order, starts, n_slots, n_pixels, width: tl.constexpr, slots: tl.constexpr
):
    """Sort the pixels of every image by table[grey]; those at the last slot or beyond never fire.

    Args:
        pixels: (B, N) uint8.
        table: (256,) int64, step or period of every grey level.
        order: Out (B, width) int32, pixels in the order of their slots.
        starts: Out (B, slots) int32, where the pixels of a slot begin; those of slot T never fire.
        n_slots: T.
        n_pixels: N.
        width: A power of 2, at least N.
        slots: A power of 2, more than T.
    """
    b = tl.program_id(0).to(tl.int64)
    n = tl.arange(0, width)
    grey = tl.load(pixels + b * n_pixels + n, n < n_pixels, 0)
    slot = tl.minimum(tl.load(table + grey), n_slots).to(tl.int32)
    slot = tl.where(n < n_pixels, slot, n_slots)
    tl.store(order + b * width + n, tl.sort(slot * width + n) % width)
    counts = tl.histogram(slot, slots)
    tl.store(starts + b * slots + tl.arange(0, slots), tl.cumsum(counts, 0) - counts)


@triton.jit
def sum_rows(
    order,
    starts,
    weight,
    out,
    n_slots,
    n_neurons,
    width: tl.constexpr,
    slots: tl.constexpr,
    block: tl.constexpr,
):
    """out[b, t] = sum of the weight rows of the pixels at slot t; see `sort_events`.

    Args:
        order: (B, width).
        starts: (B, slots).
        weight: (N, H).
        out: (B, T, H).
        n_slots: T.
        n_neurons: H.
        width: Of the order.
        slots: Of the starts.
        block: Neurons in a program; the grid is (B, blocks of STEPS slots, blocks of neurons).
    """
    b = tl.program_id(0).to(tl.int64)
    h = tl.program_id(2) * block + tl.arange(0, block)
    first = tl.program_id(1) * STEPS
    for slot in range(first, tl.minimum(first + STEPS, n_slots)):
        total = tl.zeros((block,), tl.float32)
        begin = tl.load(starts + b * slots + slot)
        end = tl.load(starts + b * slots + slot + 1)
        for place in range(begin, end):
            n = tl.load(order + b * width + place)
            total += tl.load(weight + n * n_neurons + h, h < n_neurons, 0.0)
        tl.store(out + (b * n_slots + slot) * n_neurons + h, total, h < n_neurons)


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
    images: tl.constexpr,
    block: tl.constexpr,
):
    """grad_weight[n] = sum over images of adjoint[b, table[grey]]; see `sort_events`.

    The grid is (N, blocks of neurons); a program takes so many images at a time.
    """
    n = tl.program_id(0)
    h = tl.program_id(1) * block + tl.arange(0, block)
    total = tl.zeros((images, block), tl.float32)
    for first in range(0, n_images, images):
        b = first + tl.arange(0, images).to(tl.int64)
        grey = tl.load(pixels + b * n_pixels + n, b < n_images, 0)
        slot = tl.load(table + grey)
        wanted = ((slot < n_slots) & (b < n_images))[:, None] & (h < n_neurons)[None, :]
        at = ((b * n_slots + slot) * n_neurons)[:, None] + h[None, :]
        total += tl.load(adjoint + at, wanted, 0.0)
    tl.store(grad_weight + n * n_neurons + h, tl.sum(total, 0), h < n_neurons)


@triton.jit
def sum_packed(units, offsets, weight, out, n_bags, n_neurons, block: tl.constexpr):
    """out[bag] = sum of the weight rows of the units of a bag.

    Args:
        units: (E,) int16 or int32.
        offsets: (bags + 1,) int64, where the units of a bag begin.
        weight: (N, H).
        out: (bags, H).
        n_bags: Steps of all samples.
        n_neurons: H.
        block: Neurons in a program; the grid is (blocks of STEPS bags, blocks of neurons).
    """
    h = tl.program_id(1) * block + tl.arange(0, block)
    first = tl.program_id(0) * STEPS
    for bag in range(first, tl.minimum(first + STEPS, n_bags)):
        total = tl.zeros((block,), tl.float32)
        begin = tl.load(offsets + bag).to(tl.int32)
        end = tl.load(offsets + bag + 1).to(tl.int32)
        for place in range(begin, end):
            n = tl.load(units + place).to(tl.int32)
            total += tl.load(weight + n * n_neurons + h, h < n_neurons, 0.0)
        at = tl.cast(bag, tl.int64) * n_neurons
        tl.store(out + at + h, total, h < n_neurons)


@triton.jit
def count_packed(units, offsets, found, first_bag, n_bags, n_inputs):
    """Count the units of bags: whole numbers, so the order of the sums does not matter.

    Args:
        units: (E,) int16 or int32.
        offsets: As in `sum_packed`.
        found: In: zeros. Out: (bags, N) int32, of the bags from the first one on.
        first_bag: The first.
        n_bags: How many; the grid is (blocks of STEPS bags,).
        n_inputs: N.
    """
    first = tl.program_id(0) * STEPS
    for bag in range(first, tl.minimum(first + STEPS, n_bags)):
        begin = tl.load(offsets + first_bag + bag).to(tl.int32)
        end = tl.load(offsets + first_bag + bag + 1).to(tl.int32)
        row = found + tl.cast(bag, tl.int64) * n_inputs
        for some in range(begin, end, CHUNK):
            at = some + tl.arange(0, CHUNK)
            n = tl.load(units + at, at < end, 0).to(tl.int32)
            tl.atomic_add(row + n, 1, at < end, sem="relaxed")
