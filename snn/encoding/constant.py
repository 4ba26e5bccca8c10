"""Direct code: the pixel, scaled to [0, 1], is the input current of every step.

Source: Rueckauer et al., "Conversion of continuous-valued deep networks …", 2017 ("analog input").
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from snn.config import EncodingConfig
from snn.encoding.drive import GREY_LEVELS, PixelDrive, Table, Work, check, look_up, total
from snn.registry import Component

COMPONENTS = (
    Component(
        kind="encoding",
        name="constant",
        make="ConstantEncoder",
        compiled=("cpu", "cuda"),
        formats=("onnx", "nir"),
    ),
)


@dataclass(frozen=True)
class ConstantCurrent(PixelDrive):
    """The same input at every step.

    Attributes:
        pixels: (B, N) uint8.
        table: (256,) input of every grey level.
        n_steps: T.
    """

    pixels: Tensor
    table: Tensor
    n_steps: int

    def __post_init__(self) -> None:
        check(self, torch.float32, 0)

    def step_current(self, weight: Tensor) -> Tensor:
        """Input current (B, H) of one step, which is that of all steps."""
        return self._values().to(weight.dtype) @ weight

    def current(self, weight: Tensor) -> Tensor:
        """One product, hoisted out of the time loop."""
        return self.step_current(weight).expand(self.n_steps, -1, -1)

    def dense(self) -> Tensor:
        """The values, repeated."""
        return self._values().expand(self.n_steps, -1, -1)

    def events(self) -> float:
        """Non-zero values per image, counted at every step."""
        return total(self.table != 0, self.pixels) * self.n_steps

    def work(self) -> Work:
        """The product with the weights is computed once for all steps."""
        return Work(multiplied=total(self.table != 0, self.pixels), added=0.0)

    def _values(self) -> Tensor:
        return look_up(self.table, self.pixels)


class ConstantEncoder:
    """Pixels to constant currents, by table."""

    def __init__(self, config: EncodingConfig) -> None:
        self.n_steps = config.n_steps
        self._table = Table(torch.arange(GREY_LEVELS) / 255)

    def __call__(
        self,
        pixels: Tensor,
        generator: torch.Generator | None = None,
        key: Tensor | None = None,
    ) -> ConstantCurrent:
        """Encode pixels (B, N) uint8."""
        return ConstantCurrent(pixels, self._table.on(pixels.device), self.n_steps)
