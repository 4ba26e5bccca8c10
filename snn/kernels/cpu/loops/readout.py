"""The leaky readout: its logits or its trace, and the way back.

Sixteen classes at a time, whose values stay in registers. C is a multiple of `LANES`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from snn.kernels.base import READOUT_CODES
from snn.kernels.cpu.lanes import LANES, beats, choose, load, spread, store
from snn.kernels.cpu.loops.events import TOP, Events, add_to_lanes, sum_rows
from snn.kernels.cpu.steps.parts import F32, step_part

TRACE = -1
"""The mode in which the value of every step is the answer."""
_MAX, _MEAN = READOUT_CODES["max"], READOUT_CODES["mean"]


class ReadOut(NamedTuple):
    """The readout of a part of the batch; with arrays of size 0, of a layer below another.

    Attributes:
        weight: (H, C).
        bias: (C,).
        kappa: Decay per step.
        mode: One of `READOUT_CODES`, or `TRACE`.
        peak: (B, C) the step of the maximum, in mode `max`: the way there writes it.
    """

    weight: F32
    bias: F32
    kappa: np.float32
    mode: int
    peak: F32


@step_part
def read_out(readout: ReadOut, spikes: Events, row: int, answer: F32, b: int) -> None:
    """Write the logits of image b to `answer` (B, 1, C), or the trace to (B, T, C).

    Its spikes stand in this row.
    """
    mode, n_steps = readout.mode, spikes.offsets.shape[1] - 1
    for c in range(0, answer.shape[2], LANES):
        value = step = spread(np.float32(0))
        best = spread(np.float32(-np.inf if mode == _MAX else 0))
        for t in range(n_steps):
            current = load(readout.bias, (c,)) + sum_rows(readout.weight, spikes, row, t, c)
            value = readout.kappa * value + current
            if mode == _MAX:
                better = beats(value, best)
                best, step = choose(better, value, best), choose(better, np.float32(t), step)
            elif mode == _MEAN:
                best += value / np.float32(n_steps)
            elif mode == TRACE:
                store(answer, (b, t, c), value)
            else:
                best = value
        if mode != TRACE:
            store(answer, (b, TOP, c), best)
            store(readout.peak, (b, c), step)


@step_part
def read_out_backward(
    readout: ReadOut,
    spikes: Events,
    b: int,
    grad: F32,
    above: F32,
    row: int,
    grad_weight: F32,
    grad_bias: F32,
) -> None:
    """From the gradient of an image's answer to that of the readout's current.

    The current's goes to a row of `above` (·, T, C); those of weights and bias are added to what is
    there.
    """
    mode, n_steps, none = readout.mode, above.shape[1], np.float32(0)
    for c in range(0, grad.shape[2], LANES):
        value, of_bias = spread(none), load(grad_bias, (c,))
        of_answer, last = load(grad, (b, TOP, c)), spread(np.float32(n_steps - 1))
        if mode == _MAX:
            last = load(readout.peak, (b, c))
        elif mode == _MEAN:
            of_answer = of_answer / np.float32(n_steps)
        for t in range(n_steps - 1, -1, -1):
            added = of_answer
            if mode == TRACE:
                added = load(grad, (b, t, c))
            elif mode != _MEAN:
                added = choose(last == np.float32(t), of_answer, none)
            value = readout.kappa * value + added
            of_bias += value
            store(above, (row, t, c), value)
            add_to_lanes(grad_weight, TOP, spikes, b, t, value, c)
        store(grad_bias, (c,), of_bias)
