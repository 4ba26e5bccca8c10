"""The non-spiking baseline: a multilayer perceptron of the same sizes, with ReLU.

Shapes: B images, N pixels, H units, C classes. He initialisation (He et al., 2015).
"""

from __future__ import annotations

from functools import singledispatch
from itertools import pairwise
from typing import Any, NamedTuple, cast, final

import torch
from torch import Tensor, nn

from snn.config import TrialConfig
from snn.data.base import Samples
from snn.data.events.samples import EventSamples
from snn.data.pixels import check_fit, check_pixels
from snn.data.shapes import Shape
from snn.encoding.drive import work_of
from snn.registry import Component, Key

COMPONENTS = (
    Component(
        kind="neuron",
        name="mlp",
        make="MLP",
        label="MLP",
        spiking=False,
        formats=("onnx",),
        keys=(
            Key(
                name="pixel_threshold",
                type=float,
                default=0.0,
                low=0.0,
                high=1.0,
                description="0: an MLP sees grey levels; above: only whether a pixel is at least "
                "so bright, so that its first layer adds and does not multiply",
            ),
        ),
    ),
)


@singledispatch
def values_of(samples: Any) -> Tensor:
    """What the network gets of samples, (B, N) float32: of pixels their grey levels from 0 to 1.

    Raises:
        ArrayError: They are no (B, N) uint8, and no events.
    """
    check_pixels(samples)
    return samples.float().contiguous() / 255  # type: ignore[no-any-return]


@values_of.register
def _(samples: EventSamples) -> Tensor:
    return samples.counts().log1p()


class MLPActivity(NamedTuple):
    """What the network did with a batch: logits (B, C), and (B, ·) inputs of every layer."""

    logits: Tensor
    inputs: tuple[Tensor, ...]

    @property
    def counts(self) -> tuple[Tensor, ...]:
        """No spikes."""
        return ()

    @property
    def trace(self) -> None:
        """No steps."""
        return None

    def room(self) -> tuple[int, ...]:
        """Empty: the most spikes that a layer can have are not known, or there are none."""
        return ()

    def events(self) -> Tensor:
        """Non-zero values per image of every population: pixels first, then the hidden layers."""
        counts = [float((x.detach() != 0).sum()) / len(x) for x in self.inputs]
        return torch.tensor(counts, dtype=torch.float64)

    def work(self) -> Tensor:
        """(2, populations) of the same, what is multiplied and what is added."""
        counts = self.events().tolist()
        each = [work_of(x.detach(), count) for x, count in zip(self.inputs, counts, strict=True)]
        return torch.tensor(each, dtype=torch.float64).T


@final
class MLP(nn.Module):
    """A classifier of images, with weights drawn from the configuration's seed."""

    measures = ("synops_per_inference", "macs_per_inference", "acs_per_inference")
    class_names: tuple[str, ...] = ()

    def __init__(
        self,
        config: TrialConfig,
        n_pixels: int = 784,
        n_classes: int = 10,
        shape: Shape | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.n_pixels, self.n_classes, self.shape = n_pixels, n_classes, shape
        self._threshold = float(config.component("neuron").values(config)["pixel_threshold"])
        generator = torch.Generator().manual_seed(config.seed_of("weights"))
        sizes = (n_pixels, *config.hidden, n_classes)
        self.layers = nn.ModuleList(nn.Linear(n_in, n_out) for n_in, n_out in pairwise(sizes))
        for layer in self._layers:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
            nn.init.zeros_(layer.bias)

    def forward(
        self,
        pixels: Tensor,
        generator: torch.Generator | None = None,
        key: Tensor | None = None,
    ) -> MLPActivity:
        """Classify pixels (B, N) uint8, or events by their counts.

        Raises:
            ArrayError: The pixels are of another type, size or device.
        """
        inputs = [self._seen(pixels)]
        check_fit(inputs[0].shape[1], pixels.device, self.n_pixels, self._layers[0].weight)
        *hidden, last = self._layers
        for layer in hidden:
            inputs.append(layer(inputs[-1]).relu())
        return MLPActivity(last(inputs[-1]), tuple(inputs))

    def _seen(self, samples: Any) -> Tensor:
        """The inputs (B, N): as they are, or 1 where they reach the threshold, and 0."""
        values = values_of(samples)
        return (values >= self._threshold).float() if self._threshold else values

    @torch.no_grad()
    def probabilities(self, pixels: Samples) -> Tensor:
        """Class probabilities (B, C) of pixels (B, N) uint8; errors as of `forward`."""
        generator = torch.Generator(self._layers[0].weight.device).manual_seed(
            self.config.seed_of("spikes")
        )
        logits: Tensor = self(pixels, generator).logits
        return logits.softmax(dim=1)

    def outgoing(self) -> list[tuple[str, int, int]]:
        """The weights that leave hidden units: name, hidden layer, axis of its units."""
        return [(f"layers.{k}.weight", k - 1, 1) for k in range(1, len(self.layers))]

    def fan_out(self) -> Tensor:
        """Multiply-accumulates that one non-zero value of every population costs."""
        return torch.tensor([len(layer.weight) for layer in self._layers]).double()

    @property
    def _layers(self) -> list[nn.Linear]:
        return cast(list[nn.Linear], list(self.layers))

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Parameters with the factor of their learning rate, for the optimiser."""
        return [{"params": list(self.parameters()), "lr_factor": 1.0}]

    @property
    def beta_mean(self) -> None:
        """No neuron adapts here."""
        return None
