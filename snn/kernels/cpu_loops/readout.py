"""The leaky readout: its logits or its trace, and the way back."""

from __future__ import annotations

import numpy as np

from snn.kernels.cpu_loops.events import Events, add_rows, add_to_rows
from snn.kernels.steps.parts import F32, I32, compiled


@compiled
def read_out(
    spikes: Events, weight: F32, bias: F32, kappa: np.float32, mode: int, logits: F32, peak: I32
) -> None:
    """Logits of the leaky readout; `peak` (B, C) is the step of a maximum."""
    n_steps, n_classes = spikes.offsets.shape[1] - 1, logits.shape[1]
    value = np.empty((1, n_classes), np.float32)
    for b in range(len(logits)):
        value[:] = 0
        for c in range(n_classes):
            logits[b, c] = 0
        for t in range(n_steps):
            for c in range(n_classes):
                value[0, c] = kappa * value[0, c] + bias[c]
            add_rows(value, 0, weight, spikes, b, t)
            if mode == 0:
                for c in range(n_classes):
                    # a NaN is a maximum, as it is to torch
                    now = value[0, c]
                    if t == 0 or now > logits[b, c] or now != now:
                        logits[b, c] = now
                        peak[b, c] = t
            elif mode == 1:
                for c in range(n_classes):
                    logits[b, c] += value[0, c] / np.float32(n_steps)
            elif t == n_steps - 1:
                for c in range(n_classes):
                    logits[b, c] = value[0, c]


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
    value = np.empty((1, n_classes), np.float32)
    for b in range(len(grad)):
        value[:] = 0
        for t in range(n_steps - 1, -1, -1):
            for c in range(n_classes):
                value[0, c] *= kappa
                if mode == 1:
                    value[0, c] += grad[b, c] / np.float32(n_steps)
                elif t == (peak[b, c] if mode == 0 else n_steps - 1):
                    value[0, c] += grad[b, c]
                grad_bias[c] += value[0, c]
                adjoint[b, t, c] = value[0, c]
            add_to_rows(grad_weight, spikes, b, t, value, 0)


@compiled
def trace_out(spikes: Events, weight: F32, bias: F32, kappa: np.float32, trace: F32) -> None:
    """The leaky readout at every step, `trace` (B, T, C)."""
    n_steps, n_classes = trace.shape[1], trace.shape[2]
    value = np.empty((1, n_classes), np.float32)
    for b in range(len(trace)):
        value[:] = 0
        for t in range(n_steps):
            for c in range(n_classes):
                value[0, c] = kappa * value[0, c] + bias[c]
            add_rows(value, 0, weight, spikes, b, t)
            for c in range(n_classes):
                trace[b, t, c] = value[0, c]


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
            for c in range(n_classes):
                value[0, c] = kappa * value[0, c] + grad[b, t, c]
                grad_bias[c] += value[0, c]
                adjoint[b, t, c] = value[0, c]
            add_to_rows(grad_weight, spikes, b, t, value, 0)
