"""ψ = (slope / A) · max(0, 1 − |v − A| / A).

Source: Bellec et al., "Long short-term memory and learning-to-learn in networks of spiking
neurons", 2018.
"""

from __future__ import annotations

from torch import Tensor

from snn.registry import Component

COMPONENTS = (
    Component(
        kind="surrogate",
        name="phi",
        make="phi",
        label="φ",
        compiled=("cpu", "cuda"),
    ),
)


def phi(v: Tensor, threshold: Tensor | float, slope: float) -> Tensor:
    """ψ of any shape; see `snn.surrogates.spikes`."""
    scale = threshold + 1e-5
    return slope / scale * (1 - ((v - threshold) / scale).abs()).clamp(min=0)
