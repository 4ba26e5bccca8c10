"""The time loop in plain autograd: the definition of what every backend computes."""

from __future__ import annotations

import torch
from torch import Tensor

from snn.neurons.base import Neuron


def run(neuron: Neuron, current: Tensor, recurrent: Tensor | None) -> Tensor:
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
