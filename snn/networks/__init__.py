"""The networks: spiking, the baseline without spikes, and those of users."""

from __future__ import annotations

from snn.config import TrialConfig
from snn.data.shapes import Shape
from snn.networks.layers import layered
from snn.networks.mlp import MLP
from snn.networks.own import OwnNetwork
from snn.networks.spiking import SpikingNetwork

__all__ = ["MLP", "Network", "OwnNetwork", "SpikingNetwork", "build"]

Network = SpikingNetwork | MLP | OwnNetwork


def build(
    config: TrialConfig, n_pixels: int = 784, n_classes: int = 10, shape: Shape | None = None
) -> Network:
    """The network of a configuration.

    Args:
        config: Names it.
        n_pixels: Inputs, one for each number of an image.
        n_classes: Labels.
        shape: Of the images, where it is known: images are moved and files are read by it.
    """
    if config.has_own_network:
        return OwnNetwork(config, n_pixels, n_classes, shape)
    return layered(config, n_pixels, n_classes, shape)
