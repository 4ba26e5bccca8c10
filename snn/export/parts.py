"""A network in pure functions of tensors, for exporters: before the time loop, one step, after it.

Shapes: B images, T steps, N pixels, H neurons, C classes. The equations are those of the neurons,
the readout and the codes' own tables; only what the time loop does between them stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from snn.encoding import PixelDrive
from snn.networks.spiking import SpikingNetwork
from snn.neurons import Neuron, Synapse

INPUT_CURRENT: Mapping[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "latency": lambda entries, step, weight: (entries == step).float() @ weight,
    "periodic": lambda entries, step, weight: ((step % entries == 0) & (step > 0)).float() @ weight,
    "constant": lambda current, step, weight: current,
}
"""Input current (B, H) of a step: `Drive.current`, from the entries (B, N) of the code's table."""


class Logits(nn.Module):
    """Pixels (B, N) → logits (B, C), in one piece."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        """(B, C) logits of pixels (B, N) uint8."""
        logits: Tensor = self.network(pixels).logits
        return logits


class Before(nn.Module):
    """Pixels (B, N) → what every step reads, and the state before step 0."""

    table: Tensor

    def __init__(self, network: SpikingNetwork) -> None:
        super().__init__()
        self.network = network
        drive = network.encoder(torch.zeros(1, network.n_pixels, dtype=torch.uint8))
        assert isinstance(drive, PixelDrive)  # no other code is declared as one to export
        self.register_buffer("table", drive.table)

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """The code's entries, or the constant current; the neurons' states; the readout's."""
        layers, state = self.network.kernel_layers(), list[Tensor]()
        nothing = torch.zeros_like(pixels[:, :1], dtype=torch.float32)
        for layer in layers:
            like = nothing * torch.zeros(layer.weight.shape[1])
            state += _flat(layer.neuron.initial_state(like))
        entries = self.table[pixels.long()]
        if self.network.config.encoding == "constant":  # the same product at every step
            entries = entries @ layers[0].weight
        return entries, *state, nothing * torch.zeros(self.network.n_classes)


class Step(nn.Module):
    """One step: entries, state and number of the step → the next state, and the readout's value."""

    def __init__(self, network: SpikingNetwork) -> None:
        super().__init__()
        self.network = network
        self.input_current = INPUT_CURRENT[network.config.encoding]

    def forward(self, entries: Tensor, *state_and_step: Tensor) -> tuple[Tensor, ...]:
        """The neurons' states, the readout's, and its value (B, C)."""
        *state, trace, step = state_and_step
        below, after = entries, list[Tensor]()
        for index, layer in enumerate(self.network.kernel_layers()):
            size = len(_flat(layer.neuron.initial_state(torch.zeros(1, 1))))
            mine, state = state[:size], state[size:]
            before = _like(layer.neuron, mine)
            if index == 0:
                current = self.input_current(entries, step, layer.weight)
            else:
                current = below @ layer.weight
            if layer.recurrent is not None:
                current = current + before.z @ layer.recurrent
            now = layer.neuron.step(current, before)
            after += _flat(now)
            below = now.z
        readout = self.network.readout
        trace = readout.kappa * trace + below @ readout.weight + readout.bias
        return *after, trace, trace + 0.0  # an output of its own, as Scan wants it


class After(nn.Module):
    """Readout over time (T, B, C) → logits (B, C)."""

    def __init__(self, network: SpikingNetwork) -> None:
        super().__init__()
        self.readout = network.readout

    def forward(self, traces: Tensor) -> Tensor:
        """(B, C) logits."""
        return self.readout.logits(traces)


class Parts(nn.Module):
    """The three side by side: none takes what another gives."""

    def __init__(self, network: SpikingNetwork) -> None:
        super().__init__()
        self.before, self.step, self.after = Before(network), Step(network), After(network)

    def forward(
        self, pixels: Tensor, traces: Tensor, entries: Tensor, *state_and_step: Tensor
    ) -> tuple[Tensor, ...]:
        """What `Before`, `Step` and `After` give, in this order."""
        return (
            *self.before(pixels),
            *self.step(entries, *state_and_step),
            self.after(traces),
        )


def _flat(state: Any) -> list[Tensor]:
    """The tensors of a state, a named tuple that may hold others."""
    return [t for part in state for t in ([part] if isinstance(part, Tensor) else _flat(part))]


def _like(neuron: Neuron, tensors: list[Tensor]) -> Any:
    """A state of this neuron of these tensors: `_flat` backwards."""
    if isinstance(neuron, Synapse):
        kind = type(neuron.initial_state(torch.zeros(1, 1)))
        return kind(tensors[0], _like(neuron.neuron, tensors[1:]))
    return type(neuron.initial_state(torch.zeros(1, 1)))(*tensors)
