"""The network of layers that the other keys describe: spiking, or the baseline without spikes."""

from __future__ import annotations

from snn.config import TrialConfig
from snn.data.shapes import Shape
from snn.networks.mlp import MLP
from snn.networks.spiking import SpikingNetwork
from snn.registry import Component

COMPONENTS = (Component(kind="network", name="layers", make="layered", formats=("onnx", "nir")),)


def layered(
    config: TrialConfig, n_pixels: int = 784, n_classes: int = 10, shape: Shape | None = None
) -> SpikingNetwork | MLP:
    """The network of a configuration, spiking or not."""
    kind = SpikingNetwork if config.spiking else MLP
    return kind(config, n_pixels, n_classes, shape)
