"""The networks: spiking, and the baseline without spikes."""

from __future__ import annotations

from snn.config import TrialConfig
from snn.networks.mlp import MLP
from snn.networks.spiking import SpikingNetwork

__all__ = ["MLP", "Network", "SpikingNetwork", "build"]

Network = SpikingNetwork | MLP


def build(config: TrialConfig, n_pixels: int = 784, n_classes: int = 10) -> Network:
    """The network of a configuration, spiking or not."""
    kind = SpikingNetwork if config.spiking else MLP
    return kind(config, n_pixels, n_classes)
