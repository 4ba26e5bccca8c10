"""The network on the CPU: compiled loops over events, in parallel over parts of the batch.

State kept for the backward pass: 4 bytes per neuron, step and sample for ψ = ∂z/∂v, a bit for
whether it fires, and 4 bytes per spike, so 4.3 at a firing rate of 5 % and never more than 8.2; and
4 bytes per step and sample.
A learned α takes 4 bytes more, for v. Adaptive neurons take 12 in place of ψ, for v, w and the
drive, and so does BRF. All else is rebuilt on the way back. Of a batch that would keep more than
about 2 GiB (long sequences), nothing is kept: each part of it is computed once more on its way
back, for half the time again.

How the batch is cut into parts depends on its size and the network's alone, and the gradients of
the parts are added in their order: results are the same, bit for bit, for any number of threads.
Weights are in single precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from snn.encoding import Drive
from snn.kernels.base import Layer, Outcome, Task, gather
from snn.kernels.cpu import loops as loops
from snn.kernels.cpu.inputs import NOTHING
from snn.kernels.cpu.lanes import padded
from snn.kernels.cpu.part import Again, Part
from snn.kernels.cpu.product import ROWS
from snn.kernels.cpu.steps.parts import F32
from snn.kernels.cpu.threads import in_parallel
from snn.kernels.cpu.weights import gives_trace, readout_of, weights_of
from snn.neurons import Readout

_PARTS = 4  # so that four threads have work; each costs a sum of gradients
_PART_IMAGES = 128  # at most, and
_PART_STATE = 2**18  # at least, in neurons × steps: less is done before another thread wakes up
_MOST_STATE = 2**28  # of a whole batch, else nothing is kept for the way back: 2 GiB, 4 if adaptive


def run(drive: Drive, layers: Sequence[Layer], readout: Readout) -> Outcome:
    """Logits and spike counts; see `Backend`.

    Raises:
        ArrayError: An array does not fit the others, or the weights are not float32.
        TypeError: No loop is compiled for the neurons.
    """
    # A constant current is computed by each part of the batch.
    task, *tensors = gather(drive, layers, readout, lambda _, weight: weight)
    if task.learns:
        answer, *counts = _Network.apply(task, *tensors)
    else:
        answer, *counts = _compute(task, tensors).outputs(readout)
    if not gives_trace(readout):
        return Outcome(answer, tuple(counts))
    trace = answer.transpose(0, 1)
    return Outcome(readout.logits(trace), tuple(counts), trace if readout.traced else None)


class _Done(NamedTuple):
    """What a batch gives.

    Attributes:
        answer: (B, 1, C) logits or (B, T, C) trace, in whole lanes of classes.
        counts: Per layer (B, H).
        parts: Of the batch, for the way back.
    """

    answer: F32
    counts: list[F32]
    parts: Sequence[Part | Again]

    def outputs(self, readout: Readout) -> tuple[Tensor, ...]:
        """The logits (B, C) or the trace (B, T, C), and the counts."""
        narrow = self.answer[..., : readout.weight.shape[1]]
        answer = narrow if gives_trace(readout) else narrow[:, 0]
        return torch.from_numpy(answer), *map(torch.from_numpy, self.counts)


def _compute(task: Task, tensors: Sequence[Tensor | None]) -> _Done:
    arrays = [NOTHING if t is None else t.detach().numpy() for t in tensors]
    layers = [
        weights_of(numbers, task.learns, *arrays[k : k + 5])
        for k, numbers in zip(range(0, len(arrays) - 2, 4), task.numbers, strict=True)
    ]
    readout = readout_of(task.readout, *arrays[-2:])
    n_steps, n_images, _ = task.drive.sizes
    n_answers = n_steps if gives_trace(task.readout) else 1
    answer: F32 = np.empty((n_images, n_answers, len(readout.bias)), np.float32)
    counts: list[F32] = [np.empty((n_images, w.forward.shape[1]), np.float32) for w in layers]
    state = n_steps * sum(layer.forward.shape[1] for layer in layers)
    keeps = task.learns and n_images * state <= _MOST_STATE

    def run(task: Task, images: slice, answer: F32, *counts: F32) -> Part:
        part = Part(task, layers, readout, images)
        part.forward(answer, counts)
        return part

    def compute(images: slice) -> Part | Again:
        if keeps:
            return run(task, images, answer, *counts)
        run(task._replace(learns=False), images, answer, *counts)
        return Again(lambda: run(task, images, *map(np.empty_like, (answer, *counts))))

    return _Done(answer, counts, in_parallel(compute, _cut(n_images, state)))


class _Network(torch.autograd.Function):
    """Tensors in: weights or current, recurrent weights, α, β of every layer; the readout's."""

    @staticmethod
    def forward(ctx: Any, task: Task, *tensors: Tensor | None) -> tuple[Tensor, ...]:
        ctx.set_materialize_grads(False)
        done = _compute(task, tensors)
        ctx.parts, ctx.answer_shape = done.parts, done.answer.shape
        ctx.shapes = [None if t is None else t.shape for t in tensors]
        return done.outputs(task.readout)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        of_answer, *of_counts = (NOTHING if g is None else g.contiguous().numpy() for g in grads)
        answer = np.zeros(ctx.answer_shape, np.float32)
        if of_answer.size:
            answer[..., : of_answer.shape[-1]] = of_answer.reshape(*answer.shape[:2], -1)
        first, *others = in_parallel(lambda part: part.backward(answer, *of_counts), ctx.parts)
        sums = [_total([grads[k] for grads in (first, *others)]) for k in range(len(first))]
        return None, *(
            None if shape is None else torch.from_numpy(grad).view(shape)
            for shape, grad in zip(ctx.shapes, sums, strict=True)
        )


def _cut(n_images: int, state: int) -> list[slice]:
    """Parts of the batch, of whole groups of images, as few as balance the threads.

    Args:
        n_images: B.
        state: Neurons × steps of an image.
    """
    worth = max(1, n_images * state // _PART_STATE)
    even = 2 ** (worth.bit_length() - 1)  # three would leave one of two threads idle for a while
    n_parts = max(min(_PARTS, even), -(-n_images // _PART_IMAGES))
    n_parts = max(n_parts, -(-_PARTS * n_images * state // _MOST_STATE))
    size = padded(-(-n_images // n_parts), ROWS)
    return [slice(at, min(at + size, n_images)) for at in range(0, n_images, size)]


def _total(parts: Sequence[F32]) -> F32:
    """The sum in the order of the parts, in an array of its own."""
    if len(parts) == 1:
        return parts[0].copy()
    total: F32 = np.add(parts[0], parts[1], out=np.empty_like(parts[0]))
    for part in parts[2:]:
        total += part
    return total
