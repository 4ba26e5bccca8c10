"""The spiking network: encoder, hidden layers of spiking neurons, leaky readout.

Shapes: B images, T steps, N inputs, H neurons, C classes.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple, cast, final

import torch
from torch import Tensor, nn

from snn import kernels
from snn.config import TrialConfig
from snn.data.base import Samples
from snn.data.shapes import Shape, known
from snn.encoding import Drive, encoder
from snn.errors import ConfigError
from snn.kernels.reference import Record, record
from snn.networks import initialisation
from snn.neurons import ALIF, Neuron, Readout, Synapse, neuron


class Activity(NamedTuple):
    """What a network did with a batch.

    Attributes:
        logits: (B, C).
        counts: Per hidden layer (B, H), spikes of every neuron; differentiable like the logits.
        drive: The encoded input.
        trace: (T, B, C) readout over time; None where the loss does not read it.
    """

    logits: Tensor
    counts: tuple[Tensor, ...]
    drive: Drive
    trace: Tensor | None = None

    def events(self) -> Tensor:
        """Events per image of every population: input first, then the hidden layers."""
        return torch.tensor([self.drive.events(), *self._spikes()], dtype=torch.float64)

    def work(self) -> Tensor:
        """(2, populations) of the same, what is multiplied and what is added."""
        spikes, given = self._spikes(), self.drive.work()
        rows = [[given.multiplied, *(0.0 for _ in spikes)], [given.added, *spikes]]
        return torch.tensor(rows, dtype=torch.float64)

    def room(self) -> tuple[int, ...]:
        """The most spikes that each hidden layer can have per image: neurons times steps."""
        return tuple(layer.shape[1] * self.drive.sizes.n_steps for layer in self.counts)

    def _spikes(self) -> list[float]:
        return [float(layer.detach().sum()) / len(layer) for layer in self.counts]


@final
class SpikingLayer(nn.Module):
    """Weights (N, H), recurrent weights (H, H) without self-connections, and the neurons."""

    neuron: Neuron
    others: Tensor | None  # (H, H) 1 off the diagonal, 0 on it; None without recurrent weights

    def __init__(
        self, config: TrialConfig, n_in: int, n_out: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.neuron = neuron(config, n_out, generator)
        self.weight = nn.Parameter(torch.empty(n_in, n_out))
        self.recurrent = nn.Parameter(torch.empty(n_out, n_out)) if config.recurrent else None
        others = 1 - torch.eye(n_out) if config.recurrent else None
        self.register_buffer("others", others, persistent=False)

    def initialise(self, std: float, recurrent_std: float, generator: torch.Generator) -> None:
        """Draw all weights from normal distributions with mean zero."""
        self.stds = std, recurrent_std
        nn.init.normal_(self.weight, std=std, generator=generator)
        if self.recurrent is not None:
            nn.init.normal_(self.recurrent, std=recurrent_std, generator=generator)

    def without_self(self) -> kernels.Layer:
        """The layer as the kernels take it, without connections of a neuron to itself."""
        recurrent = None
        if self.recurrent is not None and self.others is not None:
            recurrent = self.recurrent * self.others
        return kernels.Layer(self.neuron, self.weight, recurrent)

    @property
    def beta(self) -> Tensor | None:
        """Strength of the adaptation where there is one: a number, or one of each neuron."""
        inner = self.neuron.neuron if isinstance(self.neuron, Synapse) else self.neuron
        return inner.beta if isinstance(inner, ALIF) else None


@final
class SpikingNetwork(nn.Module):
    """A classifier of images, with weights drawn from the configuration's seed.

    Args:
        config: Its encoding, neurons, sizes and seed.
        n_pixels: Numbers of an image; how many inputs they are, the encoder says.
        n_classes: C.
        shape: Of the images, where it is known.

    Raises:
        ConfigError: The configuration is one of the non-spiking baseline, or no pixel can fire.

    Attributes:
        measures: The metrics that its events give.
        class_names: Of its labels, where they have names; set by what trains or reads it.
    """

    measures = (
        "synops_per_inference",
        "spikes_per_inference",
        "macs_per_inference",
        "acs_per_inference",
    )
    class_names: tuple[str, ...] = ()

    def __init__(
        self,
        config: TrialConfig,
        n_pixels: int = 784,
        n_classes: int = 10,
        shape: Shape | None = None,
    ) -> None:
        super().__init__()
        if not config.spiking:
            raise ConfigError(f"dynamics: {config.dynamics!r} is no spiking neuron; use snn.MLP")
        self.config = config
        self.n_pixels, self.n_classes, self.shape = n_pixels, n_classes, shape
        self.encoder = encoder(config, known(shape, n_pixels))
        generator = torch.Generator().manual_seed(config.seed_of("weights"))
        sizes = (self.encoder.n_inputs, *config.hidden)
        self.layers = nn.ModuleList(
            SpikingLayer(config, n_in, n_out, generator) for n_in, n_out in pairwise(sizes)
        )
        self.readout = Readout(config, sizes[-1], n_classes)
        self._backends: dict[str, kernels.Backend] = {}
        initialise = (
            self._initialise_as_published
            if config.initial_weights == "published"
            else self._initialise
        )
        initialise(generator)

    def forward(
        self,
        pixels: Tensor,
        generator: torch.Generator | None = None,
        key: Tensor | None = None,
    ) -> Activity:
        """Classify pixels (B, N) uint8, or binned events; a random code needs generator or key.

        Raises:
            ArrayError: The pixels are of another type, size or device.
        """
        drive = self.encoder(pixels, generator, key)
        run = self._backend(drive.device.type)
        logits, counts, trace = run(drive, self.kernel_layers(), self.readout)
        return Activity(logits, counts, drive, trace)

    def record(self, pixels: Any, generator: torch.Generator | None = None) -> Record:
        """The same with everything that happens on the way, by the reference backend."""
        drive = self.encoder(pixels, generator)
        return record(drive, self.kernel_layers(), self.readout)

    @torch.no_grad()
    def probabilities(self, pixels: Samples) -> Tensor:
        """Class probabilities (B, C) of pixels (B, N) uint8 or events; errors as of `forward`."""
        generator = torch.Generator(self.readout.weight.device).manual_seed(
            self.config.seed_of("spikes")
        )
        logits: Tensor = self(pixels, generator).logits
        return logits.softmax(dim=1)

    def kernel_layers(self) -> list[kernels.Layer]:
        """The hidden layers as every backend takes them."""
        return [layer.without_self() for layer in self._layers]

    def outgoing(self) -> list[tuple[str, int, int]]:
        """The weights that leave hidden neurons: name, hidden layer, axis of its neurons."""
        names = [(f"layers.{k}.weight", k - 1, 0) for k in range(1, len(self.layers))]
        names += [
            (f"layers.{k}.recurrent", k, 0)
            for k, layer in enumerate(self._layers)
            if layer.recurrent is not None
        ]
        return [*names, ("readout.weight", len(self.layers) - 1, 0)]

    def fan_out(self) -> Tensor:
        """Synapses that one event of every population reaches, in the order of `events`."""
        sizes = [*self.config.hidden, len(self.readout.bias)]
        own = [size - 1 if self.config.recurrent else 0 for size in self.config.hidden]
        return torch.tensor([a + b for a, b in zip(sizes, [0, *own], strict=True)]).double()

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Parameters with the factor of their learning rate, for the optimiser."""
        stds = {"readout.weight": self.readout_std}
        for index, layer in enumerate(self._layers):
            stds[f"layers.{index}.weight"], stds[f"layers.{index}.recurrent"] = layer.stds
        in_proportion = self.config.lr_in_proportion
        return [
            {
                "params": [parameter],
                "lr_factor": initialisation.lr_factor(stds[name])
                if in_proportion and name in stds
                else 1.0,
            }
            for name, parameter in self.named_parameters()
        ]

    @property
    def beta_mean(self) -> float | None:
        """Mean strength of the adaptation over the layers; None without adaptation."""
        betas = [layer.beta.mean().item() for layer in self._layers if layer.beta is not None]
        return sum(betas) / len(betas) if betas else None

    def _backend(self, device: str) -> kernels.Backend:
        """What computes the network there; found once, not for every batch."""
        if device not in self._backends:
            self._backends[device] = kernels.choose(self.config, device).run
        return self._backends[device]

    @property
    def _layers(self) -> list[SpikingLayer]:
        return cast(list[SpikingLayer], list(self.layers))

    def _initialise(self, generator: torch.Generator) -> None:
        n_steps = self.encoder.n_steps
        for index, layer in enumerate(self._layers):
            response = layer.neuron.response(n_steps)
            n_in, n_out = layer.weight.shape
            nominal = initialisation.spike_power(response)
            power = nominal if index else self._input_power(response)
            rheobase = layer.neuron.rheobase
            own = initialisation.scale(rheobase, n_out, nominal) * initialisation.RECURRENT_SHARE
            layer.initialise(initialisation.scale(rheobase, n_in, power), own, generator)
        power = initialisation.spike_power(self.readout.response(n_steps))
        self.readout_std = initialisation.scale(
            1.0, len(self.readout.weight), power, initialisation.XI_READOUT
        )
        nn.init.normal_(self.readout.weight, std=self.readout_std, generator=generator)

    def _input_power(self, response: Tensor) -> float:
        power = self.encoder.power(response)
        if not power:
            given = f"n_steps: {self.config.n_steps}, encoder_tau: {self.config.encoder_tau:g}"
            raise ConfigError(
                f"{given}: with the {self.config.encoding} code not even a white pixel fires "
                "within n_steps; raise n_steps or lower encoder_tau"
            )
        return power

    def _initialise_as_published(self, generator: torch.Generator) -> None:
        """N(0, threshold) for all weights of neurons that have that key, N(0, 1) for others."""
        has_threshold = "threshold" in self.config.component("neuron").uses
        std = self.config.threshold if has_threshold else 1.0
        for layer in self._layers:
            layer.initialise(std, std, generator)
        self.readout_std = 1.0
        nn.init.normal_(self.readout.weight, std=self.readout_std, generator=generator)
