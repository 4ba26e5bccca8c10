"""The leaky readout: its logits or its trace, and the way back."""

from __future__ import annotations

import numpy as np

from snn.kernels.cpu_loops.events import TOP, Events, add_rows, add_to_rows
from snn.kernels.lanes import LANES, beats, choose, load, store
from snn.kernels.steps.parts import F32, I32, compiled, step_part


@compiled
def read_out(
    spikes: Events, weight: F32, bias: F32, kappa: np.float32, mode: int, logits: F32, peak: I32
) -> None:
    """Logits of the leaky readout; `peak` (B, C) is the step of a maximum.

    C is a multiple of `LANES` here and in all functions below.
    """
    n_steps, n_classes = spikes.offsets.shape[1] - 1, logits.shape[1]
    value = np.empty((1, n_classes), np.float32)
    steps = np.empty(n_classes, np.float32)
    for b in range(len(logits)):
        value[:] = 0
        steps[:] = 0
        for c in range(n_classes):
            logits[b, c] = -np.inf if mode == 0 else 0
        for t in range(n_steps):
            for c in range(0, n_classes, LANES):
                store(value, (0, c), kappa * load(value, (0, c)) + load(bias, (c,)))
            add_rows(value, TOP, weight, spikes, b, t)
            if mode == 0:
                for c in range(0, n_classes, LANES):
                    now, best = load(value, (0, c)), load(logits, (b, c))
                    better = beats(now, best)
                    store(logits, (b, c), choose(better, now, best))
                    store(steps, (c,), choose(better, np.float32(t), load(steps, (c,))))
            elif mode == 1:
                for c in range(0, n_classes, LANES):
                    mean = load(value, (0, c)) / np.float32(n_steps)
                    store(logits, (b, c), load(logits, (b, c)) + mean)
            elif t == n_steps - 1:
                for c in range(n_classes):
                    logits[b, c] = value[0, c]
        for c in range(n_classes):
            peak[b, c] = np.int32(steps[c])


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
    none, value = np.float32(0), np.zeros((1, n_classes), np.float32)
    steps = np.empty(n_classes, np.float32)
    for b in range(len(grad)):
        value[:] = 0
        for c in range(n_classes):
            steps[c] = peak[b, c] if mode == 0 else n_steps - 1
        for t in range(n_steps - 1, -1, -1):
            for c in range(0, n_classes, LANES):
                if mode == 1:
                    added = load(grad, (b, c)) / np.float32(n_steps)
                else:
                    added = choose(load(steps, (c,)) == np.float32(t), load(grad, (b, c)), none)
                _step_back(value, c, kappa, added, grad_bias, adjoint, b, t)
            add_to_rows(grad_weight, TOP, spikes, b, t, value, TOP)


@step_part
def _step_back(
    value: F32,
    c: int,
    kappa: np.float32,
    added: F32,
    grad_bias: F32,
    adjoint: F32,
    b: int,
    t: int,
) -> None:
    now = kappa * load(value, (0, c)) + added
    store(value, (0, c), now)
    store(grad_bias, (c,), load(grad_bias, (c,)) + now)
    store(adjoint, (b, t, c), now)


@compiled
def trace_out(spikes: Events, weight: F32, bias: F32, kappa: np.float32, trace: F32) -> None:
    """The leaky readout at every step, `trace` (B, T, C)."""
    n_steps, n_classes = trace.shape[1], trace.shape[2]
    value = np.empty((1, n_classes), np.float32)
    for b in range(len(trace)):
        value[:] = 0
        for t in range(n_steps):
            for c in range(0, n_classes, LANES):
                store(value, (0, c), kappa * load(value, (0, c)) + load(bias, (c,)))
            add_rows(value, TOP, weight, spikes, b, t)
            for c in range(0, n_classes, LANES):
                store(trace, (b, t, c), load(value, (0, c)))


@compiled
def trace_out_backward(
    spikes: Events, grad: F32, kappa: np.float32, adjoint: F32, grad_weight: F32, grad_bias: F32
) -> None:
    """As `read_out_backward`, from the gradient of the trace (B, T, C)."""
    n_steps, n_classes = grad.shape[1], grad.shape[2]
    value = np.empty((1, n_classes), np.float32)
    for b in range(len(grad)):
        value[:] = 0
        for t in range(n_steps - 1, -1, -1):
            for c in range(0, n_classes, LANES):
                _step_back(value, c, kappa, load(grad, (b, t, c)), grad_bias, adjoint, b, t)
            add_to_rows(grad_weight, TOP, spikes, b, t, value, TOP)
