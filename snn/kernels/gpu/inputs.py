"""The current of the first layer on a GPU, of every kind of drive that there are kernels for.

To add a kind of drive, register a function for it with `current` and one with `current_backward`.
"""

from __future__ import annotations

from functools import singledispatch

import torch
import triton
from torch import Tensor

from snn.encoding import (
    ConstantCurrent,
    Crossings,
    Drive,
    EventDrive,
    RandomSpikes,
    SequenceCurrents,
    SpikePeriods,
    SpikeTimes,
)
from snn.kernels.gpu import draws, events, neurons
from snn.kernels.gpu.blocks import Blocks
from snn.kernels.gpu.reading import product

_IMAGES_AT_A_TIME = 64
_COUNTED = 2**24  # numbers of a part of the batch that has its events counted, 64 MB
_PARTS = 8  # of the batch, where a sum over all images would be one long loop


@singledispatch
def current(drive: Drive, weight: Tensor) -> Tensor:
    """Current (B, T, H) of the first layer, or (B, 1, H) where it is the same at all steps.

    Args:
        drive: Of a batch.
        weight: (N, H), or what stands for it; see `base.gather`.

    Raises:
        TypeError: No function is registered for this kind of drive.
    """
    raise TypeError(f"{type(drive).__name__}: no compiled loop takes this drive")


@singledispatch
def current_backward(drive: Drive, weight: Tensor, adjoint: Tensor) -> Tensor:
    """Gradient of what `current` got, from that of the current (B, T, H)."""
    raise TypeError(f"{type(drive).__name__}: no compiled loop takes this drive")


@current.register
def _(drive: ConstantCurrent, weight: Tensor) -> Tensor:
    return weight[:, None]


@current_backward.register
def _(drive: ConstantCurrent, weight: Tensor, adjoint: Tensor) -> Tensor:
    return adjoint.sum(1)


@current.register
def _(drive: RandomSpikes, weight: Tensor) -> Tensor:
    (n_steps, n_images, n_pixels), n_neurons = drive.sizes, weight.shape[1]
    made = weight.new_empty(n_images, n_steps, n_neurons)
    blocks = Blocks(n_neurons, recurrent=False)
    images, columns = blocks.grid(n_images)
    sizes = n_images, n_steps, n_pixels, n_neurons
    draws.draw_product[images, triton.cdiv(n_steps, draws.WORDS.value), columns](
        drive.pixels.contiguous(),
        drive.table,
        drive.key,
        weight,
        made,
        *sizes,
        block=blocks.neurons,
    )
    return made


@current_backward.register
def _(drive: RandomSpikes, weight: Tensor, adjoint: Tensor) -> Tensor:
    (n_steps, n_images, n_pixels), n_neurons = drive.sizes, weight.shape[1]
    block = Blocks(n_neurons, recurrent=False).neurons
    sizes = n_images, n_steps, n_pixels, n_neurons
    n_blocks = triton.cdiv(triton.cdiv(n_images, neurons.IMAGES.value), _PARTS)
    grads = weight.new_empty(_PARTS, *weight.shape)
    grid = triton.cdiv(n_pixels, draws.PIXELS.value), triton.cdiv(n_neurons, block), _PARTS
    draws.draw_product_backward[grid](
        drive.pixels.contiguous(),
        drive.table,
        drive.key,
        adjoint,
        grads,
        *sizes,
        n_blocks,
        block=block,
    )
    return grads.sum(0)


@current.register
def _(drive: SpikeTimes, weight: Tensor) -> Tensor:
    return _sums(drive, weight)


@current_backward.register
def _(drive: SpikeTimes, weight: Tensor, adjoint: Tensor) -> Tensor:
    return _sums_backward(drive, weight, adjoint)


@current.register
def _(drive: SpikePeriods, weight: Tensor) -> Tensor:
    return _divides(drive, weight) @ _sums(drive, weight)


@current_backward.register
def _(drive: SpikePeriods, weight: Tensor, adjoint: Tensor) -> Tensor:
    return _sums_backward(drive, weight, _divides(drive, weight).T @ adjoint)


@current.register
def _(drive: EventDrive, weight: Tensor) -> Tensor:
    (n_steps, n_samples, _), n_neurons = drive.sizes, weight.shape[1]
    sums = weight.new_empty(n_samples, n_steps, n_neurons)
    block = min(triton.next_power_of_2(n_neurons), 128)
    n_bags = n_samples * n_steps
    grid = triton.cdiv(n_bags, events.STEPS.value), triton.cdiv(n_neurons, block)
    arrays = drive.samples.units, drive.samples.offsets, weight, sums
    events.sum_packed[grid](*arrays, n_bags, n_neurons, block=block, num_warps=1)
    return sums


@current_backward.register
def _(drive: EventDrive, weight: Tensor, adjoint: Tensor) -> Tensor:
    """Counts the events of a part of the batch at a time, so that memory does not grow with it."""
    samples, (n_steps, n_samples, n_inputs) = drive.samples, drive.sizes
    each = max(_COUNTED // (n_steps * n_inputs), 1)
    grad = torch.zeros_like(weight)
    for first in range(0, n_samples, each):
        part = adjoint[first : first + each]
        counts = torch.zeros(len(part), n_steps, n_inputs, dtype=torch.int32, device=part.device)
        n_bags = len(part) * n_steps
        arrays = samples.units, samples.offsets, counts, first * n_steps
        grid = (triton.cdiv(n_bags, events.STEPS.value),)
        events.count_packed[grid](*arrays, n_bags, n_inputs, num_warps=1)
        grad += product(counts, part)
    return grad


@current.register(SequenceCurrents)
@current.register(Crossings)
def _(drive: Drive, weight: Tensor) -> Tensor:
    return drive.dense().transpose(0, 1) @ weight


@current_backward.register(SequenceCurrents)
@current_backward.register(Crossings)
def _(drive: Drive, weight: Tensor, adjoint: Tensor) -> Tensor:
    values = drive.dense().transpose(0, 1)
    return values.flatten(0, 1).T @ adjoint.flatten(0, 1)


def _sums(drive: SpikeTimes | SpikePeriods, weight: Tensor) -> Tensor:
    """The sum (B, T, H) of the weights of all pixels with the same entry of the table."""
    (n_steps, n_images, n_pixels), n_neurons = drive.sizes, weight.shape[1]
    pixels, sums = drive.pixels.contiguous(), weight.new_empty(n_images, n_steps, n_neurons)
    width, slots = triton.next_power_of_2(n_pixels), triton.next_power_of_2(n_steps + 1)
    order = pixels.new_empty(n_images, width, dtype=torch.int32)
    starts = pixels.new_empty(n_images, slots, dtype=torch.int32)
    events.sort_events[(n_images,)](
        pixels, drive.table, order, starts, n_steps, n_pixels, width=width, slots=slots
    )
    block = min(triton.next_power_of_2(n_neurons), 128)
    grid = n_images, triton.cdiv(n_steps, events.STEPS.value), triton.cdiv(n_neurons, block)
    events.sum_rows[grid](
        order,
        starts,
        weight,
        sums,
        n_steps,
        n_neurons,
        width=width,
        slots=slots,
        block=block,
        num_warps=1,
    )
    return sums


def _sums_backward(drive: SpikeTimes | SpikePeriods, weight: Tensor, adjoint: Tensor) -> Tensor:
    """Gradient of the weights of `_sums`."""
    (n_steps, n_images, n_pixels), n_neurons = drive.sizes, weight.shape[1]
    block = Blocks(n_neurons, recurrent=False).neurons
    sizes = n_images, n_steps, n_pixels, n_neurons
    grad = torch.empty_like(weight)
    events.sum_rows_backward[n_pixels, triton.cdiv(n_neurons, block)](
        drive.pixels.contiguous(),
        drive.table,
        adjoint,
        grad,
        *sizes,
        images=_IMAGES_AT_A_TIME,
        block=block,
    )
    return grad


def _divides(drive: SpikePeriods, like: Tensor) -> Tensor:
    """(T, T): 1 where period (column) divides step (row), but for step 0 and period 0."""
    steps = torch.arange(drive.n_steps, device=like.device)
    step, period = steps[:, None], steps.clamp(min=1)
    return ((step % period == 0) & (step > 0) & (steps > 0)).to(like)
