"""The network in plain autograd: the definition of what every backend computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from snn.encoding import Drive
from snn.kernels.base import Layer, Outcome
from snn.neurons import Neuron, Readout


class Record(NamedTuple):
    """Everything that a network did.

    Attributes:
        logits: (B, C).
        trace: (T, B, C) readout over time.
        spikes: Per layer (T, B, H), 0.0 or 1.0.
    """

    logits: Tensor
    trace: Tensor
    spikes: tuple[Tensor, ...]


def run(drive: Drive, layers: Sequence[Layer], readout: Readout) -> Outcome:
    """Logits and spike counts; see `Backend`."""
    logits, _, spikes = record(drive, layers, readout)
    return Outcome(logits, tuple(layer.sum(dim=0) for layer in spikes))


def record(drive: Drive, layers: Sequence[Layer], readout: Readout) -> Record:
    """The same network with all that happens in it on the way."""
    spikes: list[Tensor] = []
    for neuron, weight, recurrent in layers:
        current = spikes[-1] @ weight if spikes else drive.current(weight)
        spikes.append(fire(neuron, current, recurrent))
    trace = readout(spikes[-1])
    return Record(readout.logits(trace), trace, tuple(spikes))


def fire(neuron: Neuron, current: Tensor, recurrent: Tensor | None = None) -> Tensor:
    """Spikes (T, B, H) of a layer under the feed-forward current (T, B, H).

    The spikes of a step reach the layer itself at the next, through `recurrent` (H, H).
    """
    state = neuron.initial_state(current[0])
    spikes = []
    for feed_forward in current.unbind(0):
        total = feed_forward if recurrent is None else feed_forward + state.z @ recurrent
        state = neuron.step(total, state)
        spikes.append(state.z)
    return torch.stack(spikes)
