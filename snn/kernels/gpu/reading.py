"""The readout of `cuda`, and the gradients of weights that spikes meet.

Shapes: B images, T steps, N inputs, H neurons, C classes.
"""

from __future__ import annotations

import math

import torch
import triton
from torch import Tensor

from snn.kernels.base import READOUT_CODES, Task
from snn.kernels.gpu import readout as readouts

_MOST_PARTS, _MOST_READ = 128, 256  # of the batch, whose sums are added up in the end
_FEWEST_PROGRAMS = 512  # that compute a gradient of weights, on a GPU of about 130 processors
_FEWEST_CLASSES = 16  # columns that a tensor core multiplies


def read(task: Task, spikes: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor | None]:
    """Logits (B, C) of the spikes, and the steps of the maxima where they are read."""
    (n_images, n_steps, n_neurons), n_classes = spikes.shape, len(bias)
    mode = task.readout.mode
    logits = weight.new_empty(n_images, n_classes)
    peaks = torch.empty_like(logits, dtype=torch.int32) if mode == "max" else None
    block = max(_FEWEST_CLASSES, min(triton.next_power_of_2(n_classes), 64))
    readouts.read[n_images, triton.cdiv(n_classes, block)](
        spikes,
        weight.contiguous(),
        bias.contiguous(),
        logits,
        peaks,
        n_steps,
        n_neurons,
        n_classes,
        math.log2(task.readout.kappa),
        mode=READOUT_CODES[mode],
        block=block,
    )
    return logits, peaks


def read_backward(
    task: Task, spikes: Tensor, weight: Tensor, peaks: Tensor | None, grad: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of the spikes (B, T, H), of the weights and of the bias."""
    (n_images, n_steps, n_neurons), n_classes = spikes.shape, weight.shape[1]
    kappa = task.readout.kappa
    each, n_parts = _cut(n_images, _MOST_READ)
    adjoint = weight.new_empty(spikes.shape)
    grad_weight = weight.new_empty(n_parts, n_neurons, n_classes)
    grad_bias = weight.new_empty(n_parts, n_classes)
    block = max(16, min(triton.next_power_of_2(n_neurons), 64))
    readouts.read_backward[n_parts, triton.cdiv(n_neurons, block)](
        spikes,
        weight.contiguous(),
        grad.contiguous(),
        peaks,
        adjoint,
        grad_weight,
        grad_bias,
        n_images,
        n_steps,
        n_neurons,
        n_classes,
        math.log2(kappa),
        1 / (1 - kappa) / n_steps,
        each,
        mode=READOUT_CODES[task.readout.mode],
        classes=max(_FEWEST_CLASSES, triton.next_power_of_2(n_classes)),
        block=block,
    )
    return adjoint, grad_weight.sum(0), grad_bias.sum(0)


def _cut(n_images: int, most: int) -> tuple[int, int]:
    """Images in a part of the batch that one program adds up, and the parts, at most so many."""
    each = triton.cdiv(n_images, most)
    return each, triton.cdiv(n_images, each)


def product(spikes: Tensor, adjoint: Tensor, delay: int = 0) -> Tensor:
    """Gradient of weights: spikes ⊗ gradient of the current, summed over images and steps.

    Args:
        spikes: (B, T, N).
        adjoint: (B, T, H).
        delay: Steps from a spike to its current.
    """
    n_images, n_steps, n_in = spikes.shape
    n_out = adjoint.shape[2]
    sides = [max(16, min(triton.next_power_of_2(n), 64)) for n in (n_in, n_out)]
    blocks = triton.cdiv(n_in, sides[0]), triton.cdiv(n_out, sides[1])
    most = max(_FEWEST_PROGRAMS // (blocks[0] * blocks[1]), 1)
    each, n_parts = _cut(n_images, min(most, _MOST_PARTS))
    grad = adjoint.new_empty(n_parts, n_in, n_out)
    grid = n_parts, *blocks
    sizes = n_images, n_steps, n_in, n_out
    readouts.outer[grid](
        spikes, adjoint, grad, *sizes, delay, each, block_in=sides[0], block_out=sides[1]
    )
    return grad.sum(0)
