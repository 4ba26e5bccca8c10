"""What drives the first layer on the CPU, made of every kind of drive that compiled loops take.

To add a kind of drive, register a function for it with `inputs_of`.
"""

from __future__ import annotations

from functools import cache, singledispatch

import numpy as np
import torch
from numpy.typing import NDArray

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
from snn.kernels.cpu import loops as loops
from snn.kernels.cpu.buffers import Lease
from snn.kernels.cpu.lanes import LANES, padded
from snn.kernels.cpu.loops import Events, Inputs
from snn.kernels.cpu.product import COLUMNS
from snn.kernels.cpu.steps.parts import F32, I32

NOTHING: F32 = np.empty((0, 0), np.float32)
_FEW = 0.4  # of the pixels: so many cost no more than a dense product
_NO_INDEX: I32 = np.empty(0, np.int32)
_NO_PIXELS: NDArray[np.uint8] = np.empty((0, 0), np.uint8)
_NO_TABLE: F32 = np.empty(0, np.float32)


@singledispatch
def inputs_of(drive: Drive, images: slice, first: F32, lease: Lease, learns: bool) -> Inputs:
    """The input of some images of a batch.

    Args:
        drive: Of the whole batch.
        images: Which.
        first: Weights (N, H) of the first layer.
        lease: Gives the arrays.
        learns: Whether the way back may follow, which needs the lists of all images.

    Raises:
        TypeError: No function is registered for this kind of drive.
    """
    raise TypeError(f"{type(drive).__name__}: no compiled loop takes this drive")


@inputs_of.register
def _(drive: ConstantCurrent, images: slice, first: F32, lease: Lease, learns: bool) -> Inputs:
    pixels, table = np.ascontiguousarray(drive.pixels.numpy()[images]), drive.table.numpy()
    (n_images, n_inputs), n_neurons = pixels.shape, first.shape[1]
    wide = padded(n_neurons, COLUMNS)
    if table[0] == 0 and np.count_nonzero(pixels) <= _FEW * pixels.size:
        listed = images if learns else slice(0, 1)  # images use one row in turn
        events = empty_events(listed, 1, n_inputs + LANES, lease)
        values, current = lease.empty(events.rows.shape), lease.empty((1, wide))
        return Inputs(events, current, _NO_INDEX, _NO_INDEX, values, pixels, table)
    current = lease.empty((n_images, wide))
    values = lease.empty(pixels.shape)
    loops.look_up(pixels, table, values)
    product = lease.empty((n_images, n_neurons))
    _multiply(values, first, product)
    current[:, :n_neurons] = product
    current[:, n_neurons:] = 0
    return by_step(empty_events(images, 0, 0, lease))._replace(current=current, values=values)


def of_dense(inputs: Inputs, grad_current: F32, grad_weight: F32) -> None:
    """The gradient of the first weights (N, H) from that of a constant current (B, H or more).

    Args:
        inputs: Of some images. Where they are lit pixels, the loops have done it.
        grad_current: See there.
        grad_weight: Out.
    """
    if grad_current.size and not inputs.pixels.size:
        _multiply(inputs.values.T, grad_current[:, : grad_weight.shape[1]], grad_weight)


def _multiply(left: F32, right: F32, product: F32) -> None:
    """By torch, which has one thread in each of ours; NumPy would start more."""
    torch.mm(torch.from_numpy(left), torch.from_numpy(right), out=torch.from_numpy(product))


@inputs_of.register
def _(drive: SpikeTimes, images: slice, first: F32, lease: Lease, learns: bool) -> Inputs:
    return by_step(_sorted(drive, images, lease))


@inputs_of.register
def _(drive: SpikePeriods, images: slice, first: F32, lease: Lease, learns: bool) -> Inputs:
    events, (divisors, starts) = _sorted(drive, images, lease), _divisors(drive.n_steps)
    return by_step(events)._replace(divisors=divisors, starts=starts)


@inputs_of.register
def _(drive: RandomSpikes, images: slice, first: F32, lease: Lease, learns: bool) -> Inputs:
    pixels, table = drive.pixels[images].contiguous().numpy(), drive.table.numpy()
    events = empty_events(images, drive.n_steps, drive.n_steps * pixels.shape[1], lease)
    low, high = drive.key.tolist()
    key = np.uint32(low), np.uint32(high)
    loops.draw_events(pixels, table.astype(np.uint64), key, images.start, events)
    return by_step(events)


@inputs_of.register
def _(drive: EventDrive, images: slice, first: F32, lease: Lease, learns: bool) -> Inputs:
    n_steps, samples = drive.sizes.n_steps, drive.samples
    offsets = samples.offsets.numpy()[images.start * n_steps : images.stop * n_steps + 1]
    most = int(np.diff(offsets[::n_steps]).max())
    events = empty_events(images, n_steps, most, lease)
    loops.spread_events(samples.units.numpy(), offsets, events)
    return by_step(events)


@inputs_of.register
def _(drive: SequenceCurrents, images: slice, first: F32, lease: Lease, learns: bool) -> Inputs:
    pieces = drive.pieces[images].contiguous().numpy()
    capacity = int(np.count_nonzero(pieces, axis=(1, 2)).max())
    events = empty_events(images, drive.n_steps, capacity, lease)
    values = lease.empty(events.rows.shape)
    loops.list_values(pieces, events, values)
    return by_step(events)._replace(values=values)


@inputs_of.register
def _(drive: Crossings, images: slice, first: F32, lease: Lease, learns: bool) -> Inputs:
    reached = drive.table.numpy().astype(np.int32)[drive.pieces[images].numpy()]
    changes = np.abs(np.diff(reached, axis=1, prepend=0, append=0))
    events = empty_events(images, drive.n_steps, int(changes.sum(axis=(1, 2)).max()), lease)
    loops.list_crossings(reached, drive.n_levels, events)
    return by_step(events)


def empty_events(images: slice, n_slots: int, capacity: int, lease: Lease) -> Events:
    """Room for the events of some images.

    Args:
        images: Which.
        n_slots: T, or periods.
        capacity: The most events of an image.
        lease: Gives the arrays.
    """
    n_images = images.stop - images.start
    rows = lease.empty((n_images, capacity), np.int32)
    return Events(rows, lease.empty((n_images, n_slots + 1), np.int32))


def by_step(events: Events) -> Inputs:
    """Events of every step."""
    return Inputs(events, NOTHING, _NO_INDEX, _NO_INDEX, NOTHING, _NO_PIXELS, _NO_TABLE)


def _sorted(drive: SpikeTimes | SpikePeriods, images: slice, lease: Lease) -> Events:
    pixels, table = drive.pixels[images].contiguous().numpy(), drive.table.numpy()
    events = empty_events(images, drive.n_steps, pixels.shape[1], lease)
    loops.sort_events(pixels, table.astype(np.int32), events)
    return events


@cache
def _divisors(n_steps: int) -> tuple[I32, I32]:
    """The divisors of every step, and where they start."""
    of_step = [[d for d in range(1, t + 1) if t % d == 0] for t in range(n_steps)]
    starts = np.cumsum([0, *map(len, of_step)], dtype=np.int32)
    return np.concatenate(of_step).astype(np.int32), starts
