"""A step of Adam for one parameter; see `snn.kernels.adam`."""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def update(
    weight,
    grad,
    mean,
    square,
    step,
    rate,
    size,
    weight_decay,
    second,
    first_rest,
    second_rest,
    log_first,
    log_second,
    epsilon,
    block: tl.constexpr,
):
    """Move weights against their gradient.

    Args:
        weight: In and out, like mean and square.
        grad: Gradient.
        mean: First moment.
        square: Second moment.
        step: One number, steps done before this one.
        rate: One number, learning rate.
        size: Of all arrays.
        weight_decay: L2 penalty.
        second: β2.
        first_rest: 1 − β1, which single precision would round as a difference.
        second_rest: 1 − β2.
        log_first: log2 β1.
        log_second: log2 β2.
        epsilon: ε.
        block: In a program; the grid is (blocks,).
    """
    at = tl.program_id(0) * block + tl.arange(0, block)
    inside = at < size
    count = tl.load(step) + 1
    w = tl.load(weight + at, inside, 0.0)
    g = tl.load(grad + at, inside, 0.0) + weight_decay * w
    m = tl.load(mean + at, inside, 0.0)
    s = tl.load(square + at, inside, 0.0)
    m += first_rest * (g - m)
    s = second * s + second_rest * g * g
    size_of_step = tl.load(rate) / _one_minus_power(log_first, count)
    width = tl.sqrt(s) / tl.sqrt(_one_minus_power(log_second, count)) + epsilon
    tl.store(weight + at, w - size_of_step * m / width, inside)
    tl.store(mean + at, m, inside)
    tl.store(square + at, s, inside)


@triton.jit
def _one_minus_power(log_base, exponent):
    """1 − base^exponent; by the series of 1 − eˣ at x = exponent · ln base where it is near 0.

    The difference alone would lose most digits of a base near 1.
    """
    x = exponent * log_base * 0.6931471805599453
    inner = 1 + x / 5 * (1 + x / 6 * (1 + x / 7))
    series = -x * (1 + x / 2 * (1 + x / 3 * (1 + x / 4 * inner)))
    return tl.where(x > -0.5, series, 1 - tl.exp(x))
