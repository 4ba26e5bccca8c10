"""Spiking neural networks for images: configuration, data, spike codes, neurons, training.

Usable alone; knows nothing of sweeps, Ray or MLflow. The names below are loaded when first used,
so that reading a configuration does not import torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snn.config import TrialConfig
    from snn.data import Dataset, load
    from snn.errors import SnnError
    from snn.networks.mlp import MLP
    from snn.networks.spiking import SpikingNetwork
    from snn.training.trainer import Trainer

__all__ = ["MLP", "Dataset", "SnnError", "SpikingNetwork", "Trainer", "TrialConfig", "load"]

_HOME = {
    "TrialConfig": "snn.config",
    "Dataset": "snn.data",
    "load": "snn.data",
    "SnnError": "snn.errors",
    "MLP": "snn.networks.mlp",
    "SpikingNetwork": "snn.networks.spiking",
    "Trainer": "snn.training.trainer",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
