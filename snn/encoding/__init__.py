"""What is shown to a network → its input over time, one code a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

import torch
from torch import Tensor

from snn.config import TrialConfig
from snn.data.shapes import Shape
from snn.encoding.constant import ConstantCurrent
from snn.encoding.drive import Drive, PixelDrive, Sizes
from snn.encoding.events import EventDrive
from snn.encoding.latency import SpikeTimes
from snn.encoding.periodic import SpikePeriods
from snn.encoding.pixel_code import PixelCode
from snn.encoding.poisson import RandomSpikes, draw_key
from snn.encoding.sequences import Crossings, SequenceCurrents
from snn.encoding.written import Encode, WrittenDrive, WrittenEncoder

__all__ = [
    "ConstantCurrent",
    "Crossings",
    "Drive",
    "Encode",
    "Encoder",
    "EventDrive",
    "PixelDrive",
    "RandomSpikes",
    "SequenceCurrents",
    "Sizes",
    "SpikePeriods",
    "SpikeTimes",
    "WrittenDrive",
    "WrittenEncoder",
    "draw_key",
    "encoder",
]


class Encoder(Protocol):
    """Turns samples into the drive of T steps, for data of one shape.

    Attributes:
        n_inputs: N, the inputs of the network.
        n_steps: T.
    """

    n_inputs: int
    n_steps: int

    def __call__(
        self,
        pixels: Any,
        generator: torch.Generator | None = None,
        key: Tensor | None = None,
    ) -> Drive:
        """Encode samples; the generator, or a key drawn before, is for random codes."""

    def power(self, response: Tensor) -> float:
        """Mean square over time of a typical input, filtered with `response` (T,).

        The initial weights of the first layer are scaled by it; 0: no input ever fires.
        """


_MADE: Mapping[str, Callable[[Callable[..., Any], TrialConfig, Shape], Encoder]] = MappingProxyType(
    {
        "pixels": lambda make, config, shape: PixelCode(make(config), config, shape),
        "images": lambda make, config, shape: make(config, shape),
        "events": lambda make, config, shape: make(config, shape),
    }
)
"""How an encoder is made, by what the component `reads`."""


def encoder(config: TrialConfig, shape: Shape) -> Encoder:
    """The encoder that a configuration asks for, for data of a shape."""
    component = config.component("encoding")
    return _MADE[component.reads](component.load(), config, shape)
