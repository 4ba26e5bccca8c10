"""The network in plain autograd: the definition of what every backend computes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from snn.encoding import Drive
from snn.kernels.base import Layer, Outcome, check
from snn.neurons import Neuron, Readout


class Record(NamedTuple):
    """Everything that a network did.

    Attributes:
        logits: (B, C).
        trace: (T, B, C) readout over time.
        spikes: Per layer (T, B, H), 0.0 or 1.0.
        potentials: Per layer (T, B, H), of the membranes before the reset.
        thresholds: Per layer (T, B, H), where a potential makes a spike.
        inputs: (T, B, N) the drive, written out.
    """

    logits: Tensor
    trace: Tensor
    spikes: tuple[Tensor, ...]
    potentials: tuple[Tensor, ...]
    thresholds: tuple[Tensor, ...]
    inputs: Tensor


def run(drive: Drive, layers: Sequence[Layer], readout: Readout) -> Outcome:
    """Logits and spike counts; see `Backend`.

    Raises:
        ArrayError: An array does not fit the others.
    """
    check(drive, layers, readout)
    spikes: list[Tensor] = []
    for neuron, weight, recurrent in layers:
        current = spikes[-1] @ weight if spikes else drive.current(weight)
        spikes.append(fire(neuron, current, recurrent))
    trace = readout(spikes[-1])
    counts = tuple(layer.sum(dim=0) for layer in spikes)
    return Outcome(readout.logits(trace), counts, trace if readout.traced else None)


def record(drive: Drive, layers: Sequence[Layer], readout: Readout) -> Record:
    """The same network with all that happens in it on the way.

    Raises:
        ArrayError: An array does not fit the others.
    """
    check(drive, layers, readout)
    spikes: list[Tensor] = []
    potentials, thresholds = [], []
    for neuron, weight, recurrent in layers:
        current = spikes[-1] @ weight if spikes else drive.current(weight)
        states = list(states_of(neuron, current, recurrent))
        spikes.append(torch.stack([state.z for state in states]))
        potentials.append(torch.stack([state.v for state in states]))
        thresholds.append(torch.stack([neuron.firing_threshold(state) for state in states]))
    trace = readout(spikes[-1])
    logits = readout.logits(trace)
    inputs = drive.dense()
    return Record(logits, trace, tuple(spikes), tuple(potentials), tuple(thresholds), inputs)


def fire(neuron: Neuron, current: Tensor, recurrent: Tensor | None = None) -> Tensor:
    """Spikes (T, B, H) of a layer under the feed-forward current (T, B, H).

    The spikes of a step reach the layer itself at the next, through `recurrent` (H, H).
    """
    return torch.stack([state.z for state in states_of(neuron, current, recurrent)])


def states_of(neuron: Neuron, current: Tensor, recurrent: Tensor | None) -> Iterator[Any]:
    """The states of a layer after each of the T steps, as `fire` takes the spikes from them."""
    state = neuron.initial_state(current[0])
    for feed_forward in current.unbind(0):
        total = feed_forward if recurrent is None else feed_forward + state.z @ recurrent
        state = neuron.step(total, state)
        yield state
