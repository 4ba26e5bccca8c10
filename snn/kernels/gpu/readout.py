"""The readout on a GPU: product, leak and maximum in one launch, and their gradients in another.

Shapes: B images, T steps, H neurons, C classes. A program takes TIME steps of an image at a time.
The leak of these steps is one product with powers of κ, and their last value carries over to the
next ones. Backwards, the gradient of a trace is known in closed form: nothing of it is stored.
"""

from __future__ import annotations

import triton
import triton.language as tl

TIME = tl.constexpr(64)
DEPTH = tl.constexpr(32)
# Tensor cores take 11 of the 24 bits of a number; three products make up for it.
_EXACT = tl.constexpr("tf32x3")


@triton.jit
def read(
    spikes,
    weight,
    bias,
    logits,
    peaks,
    n_steps,
    n_neurons,
    n_classes,
    log_kappa,
    mode: tl.constexpr,
    block: tl.constexpr,
):
    """Logits of the spikes.

    Args:
        spikes: (B, T, H) uint8.
        weight: (H, C).
        bias: (C,).
        logits: Out (B, C).
        peaks: Out (B, C) int32, steps of the maxima, in mode 0.
        n_steps: T.
        n_neurons: H.
        n_classes: C.
        log_kappa: log2 κ.
        mode: As in `READOUT_CODES`.
        block: Classes in a program; the grid is (B, blocks of classes).
    """
    b = tl.program_id(0).to(tl.int64)
    c = tl.program_id(1) * block + tl.arange(0, block)
    step = tl.arange(0, TIME)
    lag = step[:, None] - step[None, :]
    passed = tl.maximum(lag, 0).to(tl.float32)  # of later steps, a power would be infinite
    leak = tl.where(lag >= 0, tl.exp2(log_kappa * passed), 0.0)
    fade = tl.exp2(log_kappa * (step + 1).to(tl.float32))[:, None]
    constant = tl.load(bias + c, c < n_classes, 0.0)[None, :]
    last = tl.zeros((block,), tl.float32)
    result = tl.full((block,), float("-inf"), tl.float32) if mode == 0 else last
    peak = tl.zeros((block,), tl.int32)
    for first in range(0, n_steps, TIME):
        t = first + step
        current = tl.zeros((TIME, block), tl.float32)
        for k in range(0, n_neurons, DEPTH):
            h = k + tl.arange(0, DEPTH)
            at = (b * n_steps + t)[:, None] * n_neurons + h[None, :]
            z = tl.load(spikes + at, (t < n_steps)[:, None] & (h < n_neurons)[None, :], 0)
            inside = (h < n_neurons)[:, None] & (c < n_classes)[None, :]
            rows = tl.load(weight + h[:, None] * n_classes + c[None, :], inside, 0.0)
            current = tl.dot(z.to(tl.float32), rows, current, input_precision=_EXACT)
        current = tl.where((t < n_steps)[:, None], current + constant, 0.0)
        trace = tl.dot(leak, current, fade * last[None, :], input_precision=_EXACT)
        end = tl.minimum(n_steps - first, TIME) - 1
        last = tl.sum(tl.where((step == end)[:, None], trace, 0.0), 0)
        if mode == 0:
            seen = tl.where((t < n_steps)[:, None], trace, float("-inf"))
            highest, place = tl.max(seen, 0, return_indices=True)
            peak = tl.where(highest > result, first + place, peak)
            result = tl.maximum(highest, result)
        elif mode == 1:
            result += tl.sum(tl.where((t < n_steps)[:, None], trace, 0.0), 0) / n_steps
        else:
            result = last
    tl.store(logits + b * n_classes + c, result, c < n_classes)
    if mode == 0:
        tl.store(peaks + b * n_classes + c, peak, c < n_classes)


@triton.jit
def read_backward(
    spikes,
    weight,
    grad_logits,
    peaks,
    adjoint,
    grad_weight,
    grad_bias,
    n_images,
    n_steps,
    n_neurons,
    n_classes,
    log_kappa,
    rest,
    n_each,
    mode: tl.constexpr,
    classes: tl.constexpr,
    block: tl.constexpr,
):
    """Gradients of `read`: of the spikes, and of weights and bias, one sum per part of the batch.

    Args:
        spikes: (B, T, H) uint8.
        weight: (H, C).
        grad_logits: (B, C).
        peaks: (B, C).
        adjoint: Out (B, T, H), gradient of the spikes.
        grad_weight: Out (parts, H, C).
        grad_bias: Out (parts, C).
        n_images: B.
        n_steps: T.
        n_neurons: H.
        n_classes: C.
        log_kappa: log2 κ.
        rest: 1 / (1 − κ) / T, for the mean.
        n_each: Images in a part.
        mode: As in `READOUT_CODES`.
        classes: A power of 2, at least C.
        block: Neurons in a program; the grid is (parts, blocks of neurons).
    """
    part = tl.program_id(0)
    h = tl.program_id(1) * block + tl.arange(0, block)
    c = tl.arange(0, classes)
    inside = (c < n_classes)[:, None] & (h < n_neurons)[None, :]
    columns = tl.load(weight + h[None, :] * n_classes + c[:, None], inside, 0.0)  # (C, H)
    sums = tl.zeros((block, classes), tl.float32)
    total = tl.zeros((classes,), tl.float32)
    for image in range(part * n_each, tl.minimum((part + 1) * n_each, n_images)):
        b = tl.cast(image, tl.int64)
        grad = tl.load(grad_logits + b * n_classes + c, c < n_classes, 0.0)[None, :]
        final = tl.zeros((classes,), tl.int32) + n_steps - 1
        if mode == 0:
            final = tl.load(peaks + b * n_classes + c, c < n_classes, 0)
        for first in range(0, n_steps, TIME):
            t = first + tl.arange(0, TIME)
            ahead = final[None, :] - t[:, None]  # steps from an input to where it is read
            passed = tl.maximum(ahead, 0).to(tl.float32)
            if mode == 1:
                share = (1 - tl.exp2(log_kappa * (passed + 1))) * rest
            else:
                share = tl.exp2(log_kappa * passed)
            arriving = tl.where((ahead >= 0) & (c < n_classes)[None, :], share * grad, 0.0)
            at = (b * n_steps + t)[:, None] * n_neurons + h[None, :]
            real = (t < n_steps)[:, None] & (h < n_neurons)[None, :]
            z = tl.load(spikes + at, real, 0).to(tl.float32)
            sums = tl.dot(tl.trans(z), arriving, sums, input_precision=_EXACT)
            total += tl.sum(arriving, 0)
            back = tl.dot(arriving, columns, input_precision=_EXACT)
            tl.store(adjoint + at, back, real)
    at = (part * n_neurons + h)[:, None] * n_classes + c[None, :]
    tl.store(grad_weight + at, sums, (h < n_neurons)[:, None] & (c < n_classes)[None, :])
    if tl.program_id(1) == 0:
        tl.store(grad_bias + part * n_classes + c, total, c < n_classes)


@triton.jit
def outer(
    spikes,
    adjoint,
    grad_weight,
    n_images,
    n_steps,
    n_in,
    n_out,
    delay,
    n_each,
    block_in: tl.constexpr,
    block_out: tl.constexpr,
):
    """Gradient of weights: spikes ⊗ gradient of the current that they make, summed in parts.

    Args:
        spikes: (B, T, N) uint8.
        adjoint: (B, T, H).
        grad_weight: Out (parts, N, H).
        n_images: B.
        n_steps: T.
        n_in: N.
        n_out: H.
        delay: Steps from a spike to its current: 0, or 1 of a recurrent layer.
        n_each: Images in a part.
        block_in: Inputs in a program.
        block_out: Neurons in one; the grid is (parts, blocks of inputs, blocks of neurons).
    """
    part = tl.program_id(0)
    n = tl.program_id(1) * block_in + tl.arange(0, block_in)
    h = tl.program_id(2) * block_out + tl.arange(0, block_out)
    sums = tl.zeros((block_in, block_out), tl.float32)
    for image in range(part * n_each, tl.minimum((part + 1) * n_each, n_images)):
        b = tl.cast(image, tl.int64)
        for first in range(0, n_steps, DEPTH):
            t = first + tl.arange(0, DEPTH)
            before = t - delay
            fired = (before >= 0) & (before < n_steps)
            at = (b * n_steps + before)[None, :] * n_in + n[:, None]
            z = tl.load(spikes + at, fired[None, :] & (n < n_in)[:, None], 0).to(tl.float32)
            at = (b * n_steps + t)[:, None] * n_out + h[None, :]
            grad = tl.load(adjoint + at, (t < n_steps)[:, None] & (h < n_out)[None, :], 0.0)
            sums = tl.dot(z, grad, sums, input_precision=_EXACT)
    at = (part * n_in + n)[:, None] * n_out + h[None, :]
    tl.store(grad_weight + at, sums, (n < n_in)[:, None] & (h < n_out)[None, :])
