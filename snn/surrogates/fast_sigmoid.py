"""ψ = 1 / (slope · |v − A| + 1)².

Source: Zenke & Ganguli, "SuperSpike", 2018.
"""

from __future__ import annotations

from torch import Tensor

from snn.registry import Component

COMPONENTS = (
    Component(
        kind="surrogate",
        name="fast_sigmoid",
        make="fast_sigmoid",
        label="fast sigmoid",
        compiled=("cpu", "cuda"),
    ),
)


def fast_sigmoid(v: Tensor, threshold: Tensor | float, slope: float) -> Tensor:
    """ψ of any shape; see `snn.surrogates.spikes`."""
    return (slope * (v - threshold).abs() + 1).square().reciprocal()
