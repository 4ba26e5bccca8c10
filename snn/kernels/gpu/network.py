"""The network on a GPU: most layers are one launch forward and one back; see `gpu.layers`.

State kept for the backward pass: 4 bytes per neuron, step and sample for ψ = ∂z/∂v and 1 for the
spikes; a learned α takes 4 more, for v; adaptive neurons and BRF take 12. The input current is
written where ψ will be, and the gradient that comes down from the layer above where that of the
current will be, so there is no other array of this size but one while a dense product needs the
spikes as numbers. Weights are in single precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from snn.encoding import Drive
from snn.kernels.base import READOUT_CODES, Layer, Outcome, Task, gather
from snn.kernels.gpu import inputs
from snn.kernels.gpu import layers as neurons
from snn.kernels.gpu.layers import Ran
from snn.kernels.gpu.reading import product, read, read_backward
from snn.neurons import Readout


def run(drive: Drive, layers: Sequence[Layer], readout: Readout) -> Outcome:
    """Logits and spike counts; see `Backend`.

    Raises:
        ArrayError: An array does not fit the others, or the weights are not float32.
        TypeError: There are no loops for the neurons, or the trace is asked for.
    """
    if readout.traced or readout.mode not in READOUT_CODES:
        raise TypeError("the loops for a GPU give no trace of the readout")
    task, *tensors = gather(drive, layers, readout)
    logits, *counts = _Network.apply(task, *tensors)
    return Outcome(logits, tuple(counts))


class _Network(torch.autograd.Function):
    """Tensors in: weights or current, recurrent weights, α, β of every layer; the readout's."""

    @staticmethod
    def forward(ctx: Any, task: Task, *tensors: Tensor | None) -> tuple[Tensor, ...]:
        ctx.set_materialize_grads(False)
        *of_layers, weight, bias = tensors
        assert weight is not None and bias is not None
        ran: list[Ran] = []
        counts = []
        for k in range(len(task.numbers)):
            forward, *of_neurons = of_layers[4 * k : 4 * k + 4]
            assert forward is not None
            current = (
                ran[-1].spikes.float() @ forward if ran else inputs.current(task.drive, forward)
            )
            layer, count = neurons.forward(task, k, current, forward, *of_neurons)
            ran.append(layer)
            counts.append(count)
        logits, ctx.peaks = read(task, ran[-1].spikes, weight, bias)
        ctx.task, ctx.weight, ctx.ran = task, weight, ran if task.learns else []
        ctx.shapes = [None if t is None else t.shape for t in tensors]
        return logits, *counts

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        task, ran = ctx.task, ctx.ran
        grad = grads[0]
        if grad is None:  # the loss depends on the spike counts alone
            grad = ctx.weight.new_zeros(len(ran[-1].spikes), ctx.weight.shape[1])
        adjoint, *of_readout = read_backward(task, ran[-1].spikes, ctx.weight, ctx.peaks, grad)
        found: list[Tensor | None] = [*of_readout]
        for k in reversed(range(len(ran))):
            layer = ran[k]
            of_neurons = neurons.backward(layer, adjoint, grads[k + 1])
            recurrent = None
            if layer.recurrent is not None:
                recurrent = product(layer.spikes, adjoint, delay=1)
            if k:
                forward = product(ran[k - 1].spikes, adjoint)
            else:
                forward = inputs.current_backward(task.drive, layer.weight, adjoint)
            found = [forward, recurrent, *of_neurons, *found]
            if k:
                adjoint = adjoint @ layer.weight.T
        return None, *(
            None if shape is None or grad is None else grad.view(shape)
            for shape, grad in zip(ctx.shapes, found, strict=True)
        )
