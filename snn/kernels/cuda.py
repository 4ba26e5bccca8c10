"""The network on a GPU: every layer is one launch forward and one back.

State kept for the backward pass: 4 bytes per neuron, step and sample for ψ = ∂z/∂v and 1 for the
spikes; a learned α takes 4 more, for v. The input current is written where ψ will be, and the
gradient that comes down from the layer above where that of the current will be, so there is no
other array of this size but one while a dense product needs the spikes as numbers. Nothing of it is
done once per time step in Python. Weights are in single precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
import triton
from torch import Tensor

from snn.encoding import ConstantCurrent, Drive, RandomSpikes, SpikePeriods, SpikeTimes
from snn.kernels import cuda_loops as loops
from snn.kernels.base import Layer, Outcome, Task, gather
from snn.neurons import Readout

_FEED_FORWARD_NEURONS = 32  # in a program: few, so that a small batch fills the device, too
# Three products of 8 bits give 16, an error of 1e-5; Triton's interpreter knows only exact ones.
_PRECISION = "ieee" if triton.knobs.runtime.interpret else "bf16x3"
_PARTS = 8  # of the batch, where a sum over all images would be one long loop


def run(drive: Drive, layers: Sequence[Layer], readout: Readout) -> Outcome:
    """Logits and spike counts; see `Backend`.

    Raises:
        TypeError: The neurons are neither LIF nor ALIF, or the weights are not float32.
    """
    logits, *counts = _Network.apply(*gather(drive, layers, readout))
    return Outcome(logits, tuple(counts))


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
            current = _numbers(ran[-1].spikes) @ forward if ran else _current(task.drive, forward)
            layer, count = _forward(task, k, current, forward, *of_neurons)
            ran.append(layer)
            counts.append(count)
        current = _numbers(ran[-1].spikes) @ weight + bias
        ctx.leak = task.readout.leak(task.drive.n_steps).to(weight)
        logits, ctx.peak = _read(task.readout.mode, ctx.leak @ current)
        ctx.task, ctx.weight, ctx.ran = task, weight, ran if task.learns else []
        ctx.shapes = [None if t is None else t.shape for t in tensors]
        return logits, *counts

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        task, ran = ctx.task, ctx.ran
        weight_above = ctx.weight
        grad = grads[0]
        if grad is None:  # the loss depends on the spike counts alone
            grad = weight_above.new_zeros(len(ran[-1].spikes), weight_above.shape[1])
        arriving = _read_backward(task.readout.mode, ctx.peak, grad, task.drive.n_steps)
        arriving = ctx.leak.T @ arriving
        found = [_product(ran[-1].spikes, arriving), arriving.sum((0, 1))]
        for k in reversed(range(len(ran))):
            layer = ran[k]
            adjoint = arriving @ weight_above.T
            of_neurons = _backward(task, k, layer, adjoint, grads[k + 1])
            recurrent = None
            if layer.recurrent is not None:
                recurrent = _product(layer.spikes[:, :-1], adjoint[:, 1:])
            if k:
                forward = _product(ran[k - 1].spikes, adjoint)
            else:
                forward = _current_backward(task.drive, layer.weight, adjoint)
            found = [forward, recurrent, *of_neurons, *found]
            arriving, weight_above = adjoint, layer.weight
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
    numbers = task.numbers[k]
    n_images, n_current, n_neurons = current.shape
    shape = n_images, task.drive.n_steps, n_neurons
    constant = n_current == 1
    potentials = current.new_empty(shape) if alpha is not None and task.learns else None
    alpha = current.new_full((n_neurons,), numbers.alpha) if alpha is None else alpha.contiguous()
    beta = current.new_zeros(()) if beta is None else beta
    spikes = current.new_empty(shape, dtype=torch.uint8)
    psi = current.new_empty(shape) if constant and task.learns else current
    counts = current.new_empty(n_images, n_neurons)
    blocks = _Blocks(n_neurons, recurrent is not None)
    loops.forward[blocks.grid(n_images)](
        current,
        *_halves(recurrent),
        alpha,
        beta.expand(n_neurons).contiguous(),
        spikes,
        psi,
        potentials,
        counts,
        *shape,
        current.stride(0),
        0 if constant else current.stride(1),
        numbers.rho,
        numbers.sigma,
        numbers.threshold,
        numbers.slope,
        numbers.takes_current,
        surrogate=numbers.surrogate,
        is_recurrent=recurrent is not None,
        kept=blocks.kept,
        learns=task.learns,
        learns_alpha=potentials is not None,
        block=blocks.neurons,
        num_warps=blocks.warps,
    )
    return _Ran(weight, recurrent, alpha, beta, spikes, psi, potentials), counts


def _backward(
    task: Task, k: int, layer: _Ran, adjoint: Tensor, counts: Tensor | None
) -> tuple[Tensor | None, Tensor]:
    """Turn the gradient of the spikes into that of the current; returns those of α and β."""
    numbers = task.numbers[k]
    blocks = _Blocks(adjoint.shape[2], layer.recurrent is not None)
    grid = blocks.grid(len(adjoint))
    grad_beta = adjoint.new_empty(grid[0], adjoint.shape[2])
    grad_alpha = None if layer.potentials is None else torch.empty_like(grad_beta)
    loops.backward[grid](
        adjoint,
        None if layer.recurrent is None else layer.recurrent.T.contiguous(),
        layer.alpha,
        layer.beta.expand(adjoint.shape[2]).contiguous(),
        layer.spikes,
        layer.psi,
        layer.potentials,
        adjoint if counts is None else counts.contiguous(),
        grad_alpha,
        grad_beta,
        *adjoint.shape,
        numbers.rho,
        numbers.sigma,
        numbers.takes_current,
        numbers.adapts,
        is_recurrent=layer.recurrent is not None,
        kept=blocks.kept,
        with_counts=counts is not None,
        learns_alpha=grad_alpha is not None,
        precision=_PRECISION,
        block=blocks.neurons,
        num_warps=blocks.warps,
    )
    grad = grad_beta.sum(0) if layer.beta.dim() else grad_beta.sum()
    return None if grad_alpha is None else grad_alpha.sum(0), grad


def _halves(recurrent: Tensor | None) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    """Weights as scale · (high + low), both float16: together they have 22 of the 24 bits."""
    if recurrent is None:
        return None, None, None
    scale = recurrent.abs().amax().clamp(min=1e-30)
    scaled = recurrent / scale
    high = scaled.half()
    return high, (scaled - high).half(), scale


class _Blocks:
    """How a layer is cut into programs."""

    def __init__(self, n_neurons: int, recurrent: bool) -> None:
        wide = max(loops.IMAGES.value, triton.next_power_of_2(n_neurons))
        self.neurons = wide if recurrent else min(wide, _FEED_FORWARD_NEURONS)
        self.kept = recurrent and wide <= loops.RESIDENT
        self.warps = min(16, max(4, self.neurons // 16))
        self._columns = triton.cdiv(n_neurons, self.neurons)

    def grid(self, n_images: int) -> tuple[int, int]:
        return triton.cdiv(n_images, loops.IMAGES.value), self._columns


# The input


def _current(drive: Drive, weight: Tensor) -> Tensor:
    """Current (B, T, H) of the first layer, or (B, 1, H) where it is the same at all steps."""
    if isinstance(drive, ConstantCurrent):
        return weight[:, None]
    pixels, table = drive.pixels.contiguous(), drive.table
    (n_images, n_pixels), n_steps, n_neurons = pixels.shape, drive.n_steps, weight.shape[1]
    if isinstance(drive, RandomSpikes):
        current = weight.new_empty(n_images, n_steps, n_neurons)
        blocks = _Blocks(n_neurons, recurrent=False)
        images, columns = blocks.grid(n_images)
        sizes = n_images, n_steps, n_pixels, n_neurons
        loops.draw_product[images, triton.cdiv(n_steps, loops.WORDS.value), columns](
            pixels, table, drive.key, weight, current, *sizes, block=blocks.neurons
        )
        return current
    if not isinstance(drive, SpikeTimes | SpikePeriods):
        raise TypeError(f"{type(drive).__name__}: no compiled loop takes this drive")
    sums = weight.new_zeros(n_images, n_steps, n_neurons)
    block = max(loops.IMAGES.value, min(triton.next_power_of_2(n_neurons), 128))
    grid = n_images, triton.cdiv(n_neurons, block)
    loops.sum_rows[grid](pixels, table, weight, sums, n_steps, n_pixels, n_neurons, block=block)
    return _divides(drive, weight) @ sums if isinstance(drive, SpikePeriods) else sums


def _current_backward(drive: Drive, weight: Tensor, adjoint: Tensor) -> Tensor:
    """Gradient of what `_current` got."""
    if isinstance(drive, ConstantCurrent):
        return adjoint.sum(1)
    pixels, table = drive.pixels.contiguous(), drive.table
    (n_images, n_pixels), n_steps, n_neurons = pixels.shape, drive.n_steps, weight.shape[1]
    block = _Blocks(n_neurons, recurrent=False).neurons
    columns = triton.cdiv(n_neurons, block)
    sizes = n_images, n_steps, n_pixels, n_neurons
    if isinstance(drive, RandomSpikes):
        n_blocks = triton.cdiv(triton.cdiv(n_images, loops.IMAGES.value), _PARTS)
        grads = weight.new_empty(_PARTS, *weight.shape)
        loops.draw_product_backward[triton.cdiv(n_pixels, loops.PIXELS.value), columns, _PARTS](
            pixels, table, drive.key, adjoint, grads, *sizes, n_blocks, block=block
        )
        return grads.sum(0)
    if isinstance(drive, SpikePeriods):
        adjoint = _divides(drive, weight).T @ adjoint
    grad = torch.empty_like(weight)
    loops.sum_rows_backward[n_pixels, columns](pixels, table, adjoint, grad, *sizes, block=block)
    return grad


def _divides(drive: SpikePeriods, like: Tensor) -> Tensor:
    """(T, T): 1 where period (column) divides step (row), but for step 0 and period 0."""
    steps = torch.arange(drive.n_steps, device=like.device)
    step, period = steps[:, None], steps.clamp(min=1)
    return ((step % period == 0) & (step > 0) & (steps > 0)).to(like)


# The readout


def _read(mode: str, trace: Tensor) -> tuple[Tensor, Tensor | None]:
    """Logits (B, C) of the trace (B, T, C), and the steps of the maxima."""
    if mode == "max":
        logits, peak = trace.max(dim=1)
        return logits, peak
    return (trace.mean(dim=1) if mode == "mean" else trace[:, -1].contiguous()), None


def _read_backward(mode: str, peak: Tensor | None, grad: Tensor, n_steps: int) -> Tensor:
    """Gradient of the trace (B, T, C) from that of the logits."""
    if mode == "mean":
        return (grad / n_steps)[:, None].expand(-1, n_steps, -1)
    trace = grad.new_zeros(len(grad), n_steps, grad.shape[1])
    if peak is None:
        trace[:, -1] = grad
        return trace
    return trace.scatter_(1, peak[:, None], grad[:, None])


def _numbers(spikes: Tensor) -> Tensor:
    return spikes.float()


def _product(spikes: Tensor, adjoint: Tensor) -> Tensor:
    """Gradient of weights: spikes ⊗ gradient of the current, summed over images and steps."""
    return _numbers(spikes).flatten(0, 1).T @ adjoint.flatten(0, 1)
