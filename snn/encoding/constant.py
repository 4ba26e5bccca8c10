"""Direct code: the pixel, scaled to [0, 1], is the input current of every step.

Source: Rueckauer et al., "Conversion of continuous-valued deep networks …", 2017 ("analog input").
"""

from __future__ import annotations

import torch
from torch import Tensor

from snn.config import EncodingConfig
from snn.encoding.drive import ConstantCurrent
from snn.encoding.latency import GREY_LEVELS


class ConstantEncoder:
    """Pixels to constant currents, by table."""

    def __init__(self, config: EncodingConfig) -> None:
        self.n_steps = config.n_steps
        self.table = torch.arange(GREY_LEVELS) / 255

    def __call__(self, pixels: Tensor, generator: torch.Generator | None = None) -> ConstantCurrent:
        """Encode pixels (B, N) uint8."""
        return ConstantCurrent(self.table.to(pixels.device)[pixels.int()], self.n_steps)
