"""ψ = max(0, 1 − |v − A| / width) (Esser et al., 2016)."""

from snn.registry import Component, Key

COMPONENTS = (
    Component(
        kind="surrogate",
        name="triangle",
        make="triangle",
        keys=(Key("width", float, 1.0, low=0.1, description="half of its base"),),
    ),
)


def triangle(v, threshold, slope, width):
    return (1 - (v - threshold).abs() / width).clamp(min=0)
