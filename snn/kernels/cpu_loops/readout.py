"""The leaky readout: its logits or its trace, and the way back.

Sixteen classes at a time, whose values stay in registers. C is a multiple of `LANES`.
"""

from __future__ import annotations

import numpy as np

from snn.kernels.cpu_loops.events import TOP, Events, add_to_lanes, sum_rows, zeros
from snn.kernels.lanes import LANES, beats, choose, load, spread, store
from snn.kernels.steps.parts import F32, I32, compiled


@compiled
def read_out(
    spikes: Events, weight: F32, bias: F32, kappa: np.float32, mode: int, logits: F32, peak: I32
) -> None:
    """Logits of the leaky readout; `peak` (B, C) is the step of a maximum."""
    n_steps, n_classes = spikes.offsets.shape[1] - 1, logits.shape[1]
    steps = zeros(1, n_classes)
    for b in range(len(logits)):
        for c in range(0, n_classes, LANES):
            value = step = spread(np.float32(0))
            best = spread(np.float32(-np.inf if mode == 0 else 0))
            for t in range(n_steps):
                value = kappa * value + load(bias, (c,)) + sum_rows(weight, spikes, b, t, c)
                if mode == 0:
                    better = beats(value, best)
                    best, step = choose(better, value, best), choose(better, np.float32(t), step)
                elif mode == 1:
                    best += value / np.float32(n_steps)
                else:
                    best = value
            store(logits, (b, c), best)
            store(steps, (0, c), step)
        for c in range(n_classes):
            peak[b, c] = np.int32(steps[0, c])


@compiled
def read_out_backward(
    spikes: Events,
    grad: F32,
    kappa: np.float32,
    mode: int,
    peak: I32,
    adjoint: F32,
    grad_weight: F32,
    grad_bias: F32,
) -> None:
    """From the gradient of the logits (B, C) to that of the readout's current, `adjoint` (B, T, C).

    The gradients of weights and bias are added to what is there.
    """
    n_steps, n_classes = adjoint.shape[1], grad.shape[1]
    none, steps = np.float32(0), zeros(1, n_classes)
    for b in range(len(grad)):
        for c in range(n_classes):
            steps[0, c] = peak[b, c] if mode == 0 else n_steps - 1
        for c in range(0, n_classes, LANES):
            value, of_bias = spread(none), load(grad_bias, (c,))
            of_answer, last = load(grad, (b, c)), load(steps, (0, c))
            if mode == 1:
                of_answer = of_answer / np.float32(n_steps)
            for t in range(n_steps - 1, -1, -1):
                here = mode == 1
                added = of_answer if here else choose(last == np.float32(t), of_answer, none)
                value = kappa * value + added
                of_bias += value
                store(adjoint, (b, t, c), value)
                add_to_lanes(grad_weight, TOP, spikes, b, t, value, c)
            store(grad_bias, (c,), of_bias)


@compiled
def trace_out(spikes: Events, weight: F32, bias: F32, kappa: np.float32, trace: F32) -> None:
    """The leaky readout at every step, `trace` (B, T, C)."""
    for b in range(len(trace)):
        for c in range(0, trace.shape[2], LANES):
            value = spread(np.float32(0))
            for t in range(trace.shape[1]):
                value = kappa * value + load(bias, (c,)) + sum_rows(weight, spikes, b, t, c)
                store(trace, (b, t, c), value)


@compiled
def trace_out_backward(
    spikes: Events, grad: F32, kappa: np.float32, adjoint: F32, grad_weight: F32, grad_bias: F32
) -> None:
    """As `read_out_backward`, from the gradient of the trace (B, T, C)."""
    for b in range(len(grad)):
        for c in range(0, grad.shape[2], LANES):
            value, of_bias = spread(np.float32(0)), load(grad_bias, (c,))
            for t in range(grad.shape[1] - 1, -1, -1):
                value = kappa * value + load(grad, (b, t, c))
                of_bias += value
                store(adjoint, (b, t, c), value)
                add_to_lanes(grad_weight, TOP, spikes, b, t, value, c)
            store(grad_bias, (c,), of_bias)
