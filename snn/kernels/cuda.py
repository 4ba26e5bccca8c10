"""The network on a GPU: every layer is one launch forward and one back.

State kept for the backward pass: 4 bytes per neuron, step and sample for ψ = ∂z/∂v and 1 for the
spikes; a learned α takes 4 more, for v. The input current is written where ψ will be, and the
gradient that comes down from the layer above where that of the current will be, so there is no
other array of this size but one while a dense product needs the spikes as numbers. Nothing of it is
done once per time step in Python. Weights are in single precision.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
import triton
from torch import Tensor

from snn.encoding import Drive
from snn.kernels.base import READOUT_CODES, Dynamics, Layer, Outcome, Task, gather, shared_memory
from snn.kernels.gpu import inputs as inputs
from snn.kernels.gpu import loops as loops
from snn.kernels.gpu import readout as readouts
from snn.kernels.gpu import wide_loops as wide
from snn.kernels.gpu.blocks import Blocks
from snn.neurons import Readout

# Three products of 8 bits give 16, an error of 1e-5; Triton's interpreter knows only exact ones.
_PRECISION = "ieee" if triton.knobs.runtime.interpret else "bf16x3"
_MOST_PARTS, _MOST_READ = 128, 256  # of the batch, whose sums are added up in the end
_COMPANY = 64, 32, 16  # neurons of a wide recurrent layer in a program, as many as fit
_RESIDENT = 128  # neurons of a recurrent layer whose weights, 64 KB, fit on one processor
_FEWEST_CLASSES = 16  # columns that a tensor core multiplies


def run(drive: Drive, layers: Sequence[Layer], readout: Readout) -> Outcome:
    """Logits and spike counts; see `Backend`.

    Raises:
        ArrayError: An array does not fit the others, or the weights are not float32.
        TypeError: The neurons are neither LIF nor ALIF, or the trace is asked for.
    """
    if readout.traced or readout.mode not in READOUT_CODES:
        raise TypeError("the loops for a GPU give no trace of the readout")
    task, *tensors = gather(drive, layers, readout)
    for k in range(len(task.numbers)):
        _dynamics(task, k)
    logits, *counts = _Network.apply(task, *tensors)
    return Outcome(logits, tuple(counts))


def _dynamics(task: Task, k: int) -> Dynamics:
    """The numbers of a layer, of the neurons that there are loops for."""
    numbers = task.numbers[k]
    if not isinstance(numbers, Dynamics):
        raise TypeError("only LIF and ALIF neurons have loops for a GPU")
    return numbers


class _Ran(NamedTuple):
    """What a layer leaves for the way back: weights, α, β (H,), spikes (B, T, H) uint8, ψ and v.

    ψ is (B, T, H), and so is v, which is None where α is not learned.
    """

    weight: Tensor
    recurrent: Tensor | None
    alpha: Tensor
    beta: Tensor
    spikes: Tensor
    psi: Tensor
    potentials: Tensor | None


class _Network(torch.autograd.Function):
    """Tensors in: weights or current, recurrent weights, α, β of every layer; the readout's."""

    @staticmethod
    def forward(ctx: Any, task: Task, *tensors: Tensor | None) -> tuple[Tensor, ...]:
        ctx.set_materialize_grads(False)
        *of_layers, weight, bias = tensors
        assert weight is not None and bias is not None
        ran: list[_Ran] = []
        counts = []
        for k in range(len(task.numbers)):
            forward, *of_neurons = of_layers[4 * k : 4 * k + 4]
            assert forward is not None
            current = (
                _numbers(ran[-1].spikes) @ forward if ran else inputs.current(task.drive, forward)
            )
            layer, count = _forward(task, k, current, forward, *of_neurons)
            ran.append(layer)
            counts.append(count)
        logits, ctx.peaks = _read(task, ran[-1].spikes, weight, bias)
        ctx.task, ctx.weight, ctx.ran = task, weight, ran if task.learns else []
        ctx.shapes = [None if t is None else t.shape for t in tensors]
        return logits, *counts

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        task, ran = ctx.task, ctx.ran
        grad = grads[0]
        if grad is None:  # the loss depends on the spike counts alone
            grad = ctx.weight.new_zeros(len(ran[-1].spikes), ctx.weight.shape[1])
        adjoint, *of_readout = _read_backward(task, ran[-1].spikes, ctx.weight, ctx.peaks, grad)
        found: list[Tensor | None] = [*of_readout]
        for k in reversed(range(len(ran))):
            layer = ran[k]
            of_neurons = _backward(task, k, layer, adjoint, grads[k + 1])
            recurrent = None
            if layer.recurrent is not None:
                recurrent = _product(layer.spikes, adjoint, delay=1)
            if k:
                forward = _product(ran[k - 1].spikes, adjoint)
            else:
                forward = inputs.current_backward(task.drive, layer.weight, adjoint)
            found = [forward, recurrent, *of_neurons, *found]
            if k:
                adjoint = adjoint @ layer.weight.T
        return None, *(
            None if shape is None or grad is None else grad.view(shape)
            for shape, grad in zip(ctx.shapes, found, strict=True)
        )


# The time loops


def _forward(
    task: Task,
    k: int,
    current: Tensor,
    weight: Tensor,
    recurrent: Tensor | None,
    alpha: Tensor | None,
    beta: Tensor | None,
) -> tuple[_Ran, Tensor]:
    """The layer as it ran under a current (B, T or 1, H), and its spike counts (B, H)."""
    numbers = _dynamics(task, k)
    n_images, n_current, n_neurons = current.shape
    shape = n_images, task.drive.sizes.n_steps, n_neurons
    constant = n_current == 1
    potentials = current.new_empty(shape) if alpha is not None and task.learns else None
    alpha = current.new_full((n_neurons,), numbers.alpha) if alpha is None else alpha.contiguous()
    beta = current.new_zeros(()) if beta is None else beta
    spikes = current.new_empty(shape, dtype=torch.uint8)
    psi = current.new_empty(shape) if constant and task.learns else current
    counts = current.new_empty(n_images, n_neurons)
    options = {
        "surrogate": numbers.surrogate,
        "learns": task.learns,
        "learns_alpha": potentials is not None,
    }
    tensors = (
        current,
        *_halves(recurrent),
        alpha,
        beta.expand(n_neurons).contiguous(),
        spikes,
        psi,
        potentials,
        counts,
    )
    rest = (
        *shape,
        current.stride(0),
        0 if constant else current.stride(1),
        numbers.rho,
        numbers.sigma,
        numbers.threshold,
        numbers.slope,
        numbers.takes_current,
    )
    if recurrent is not None and n_neurons > _RESIDENT:
        _in_company(wide.forward, shape, 3, tensors, rest, options)
    else:
        blocks = Blocks(n_neurons, recurrent is not None)
        loops.forward[blocks.grid(n_images)](
            *tensors,
            *rest,
            **options,
            is_recurrent=recurrent is not None,
            block=blocks.neurons,
            num_warps=blocks.warps,
        )
    return _Ran(weight, recurrent, alpha, beta, spikes, psi, potentials), counts


def _backward(
    task: Task, k: int, layer: _Ran, adjoint: Tensor, counts: Tensor | None
) -> tuple[Tensor | None, Tensor]:
    """Turn the gradient of the spikes into that of the current; returns those of α and β."""
    numbers, n_neurons = _dynamics(task, k), adjoint.shape[2]
    n_blocks = triton.cdiv(len(adjoint), loops.IMAGES.value)
    grad_beta = adjoint.new_empty(n_blocks, n_neurons)
    grad_alpha = None if layer.potentials is None else torch.empty_like(grad_beta)
    options = {
        "with_counts": counts is not None,
        "learns_alpha": grad_alpha is not None,
        "precision": _PRECISION,
    }
    tensors = (
        adjoint,
        None if layer.recurrent is None else layer.recurrent.T.contiguous(),
        layer.alpha,
        layer.beta.expand(n_neurons).contiguous(),
        layer.spikes,
        layer.psi,
        layer.potentials,
        adjoint if counts is None else counts.contiguous(),
        grad_alpha,
        grad_beta,
    )
    rest = *adjoint.shape, numbers.rho, numbers.sigma, numbers.takes_current, numbers.adapts
    if layer.recurrent is not None and n_neurons > _RESIDENT:
        _in_company(wide.backward, tuple(adjoint.shape), 5, tensors, rest, options)
    else:
        blocks = Blocks(n_neurons, layer.recurrent is not None)
        loops.backward[blocks.grid(len(adjoint))](
            *tensors,
            *rest,
            **options,
            is_recurrent=layer.recurrent is not None,
            block=blocks.neurons,
            num_warps=blocks.warps,
        )
    grad = grad_beta.sum(0) if layer.beta.dim() else grad_beta.sum()
    return None if grad_alpha is None else grad_alpha.sum(0), grad


def _halves(recurrent: Tensor | None) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    """Weights as scale · (high + low), both float16: together they have 22 of the 24 bits."""
    if recurrent is None:
        return None, None, None
    high, low = (torch.empty_like(recurrent, dtype=torch.float16) for _ in range(2))
    scale = recurrent.new_empty(())
    loops.halves[(1,)](recurrent, high, low, scale, recurrent.numel(), block=4096, num_warps=16)
    return high, low, scale


def _in_company(
    kernel: Any,
    shape: tuple[int, ...],
    n_states: int,
    tensors: tuple[Any, ...],
    rest: tuple[Any, ...],
    options: dict[str, Any],
) -> None:
    """Run a loop of `cuda_wide`: all steps in one launch, or one by one in the interpreter."""
    n_images, n_steps, n_neurons = shape
    width = max(loops.IMAGES.value, triton.next_power_of_2(n_neurons))
    block = _company(width, tensors[0].device)
    grid = triton.cdiv(n_neurons, block), triton.cdiv(n_images, loops.IMAGES.value)
    like = tensors[0]
    arrived = torch.zeros(grid[1], dtype=torch.int32, device=like.device)
    single = _PRECISION == "ieee"
    state = like.new_empty(n_states if single else 0, n_images, n_neurons)
    for first in range(n_steps if single else 1):
        steps = (first, first + 1) if single else (0, n_steps)
        kernel[grid](
            *tensors,
            state,
            arrived,
            *steps,
            *rest,
            **options,
            single=single,
            width=width,
            block=block,
            num_warps=8,
        )


def _company(width: int, device: torch.device) -> int:
    """Neurons of a wide layer in a program: their weights and the spikes of all must fit."""
    room = shared_memory(device)
    return next((n for n in _COMPANY if width * (4 * n + 64) <= room), _COMPANY[-1])


# The readout


def _read(task: Task, spikes: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor | None]:
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


def _read_backward(
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


def _numbers(spikes: Tensor) -> Tensor:
    return spikes.float()


def _product(spikes: Tensor, adjoint: Tensor, delay: int = 0) -> Tensor:
    """Gradient of weights: spikes ⊗ gradient of the current, summed over images and steps.

    Args:
        spikes: (B, T, N).
        adjoint: (B, T, H).
        delay: Steps from a spike to its current.
    """
    n_images, n_steps, n_in = spikes.shape
    n_out = adjoint.shape[2]
    each, n_parts = _cut(n_images, _MOST_PARTS)
    grad = adjoint.new_empty(n_parts, n_in, n_out)
    sides = [max(16, min(triton.next_power_of_2(n), 64)) for n in (n_in, n_out)]
    grid = n_parts, triton.cdiv(n_in, sides[0]), triton.cdiv(n_out, sides[1])
    sizes = n_images, n_steps, n_in, n_out
    readouts.outer[grid](
        spikes, adjoint, grad, *sizes, delay, each, block_in=sides[0], block_out=sides[1]
    )
    return grad.sum(0)
