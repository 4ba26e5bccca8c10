"""ψ = 1 / (1 + (π/2 · slope · (v − A))²): the derivative of an arctangent, with height 1.

Source: Fang et al., "Incorporating learnable membrane time constant …", 2021.
"""

from __future__ import annotations

import math

from torch import Tensor

from snn.registry import Component

COMPONENTS = (
    Component(
        kind="surrogate",
        name="atan",
        make="atan",
        label="arctangent",
        compiled=("cpu", "cuda"),
    ),
)


def atan(v: Tensor, threshold: Tensor | float, slope: float) -> Tensor:
    """ψ of any shape; see `snn.surrogates.spikes`."""
    return (1 + (math.pi / 2 * slope * (v - threshold)).square()).reciprocal()
