"""How spikes of a layer reach its own neurons: where its recurrent weights are, and who waits."""

from __future__ import annotations

import triton
import triton.language as tl

ALONE = tl.constexpr(0)
INSIDE = tl.constexpr(1)
OUTSIDE = tl.constexpr(2)

STEPS = ["first_step", "last_step"]  # if they were constants, a loop would be compiled for each


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


@triton.jit
def wait(arrived, count):
    """Tell the programs of the same images that this one is done, and wait until `count` are."""
    tl.debug_barrier()
    tl.atomic_add(arrived, 1, sem="release", scope="gpu")
    while tl.atomic_add(arrived, 0, sem="acquire", scope="gpu") < count:
        pass
