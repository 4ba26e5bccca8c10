"""ψ = max(0, 1 − |v − A| / half_width) (Esser et al., 2016)."""

from snn.registry import Component, Key

COMPONENTS = (
    Component(
        kind="surrogate",
        name="triangle",
        make="triangle",
        keys=(Key("half_width", float, 1.0, low=0.1, description="half of its base"),),
    ),
)


def triangle(v, threshold, slope, half_width):
    return (1 - (v - threshold).abs() / half_width).clamp(min=0)
