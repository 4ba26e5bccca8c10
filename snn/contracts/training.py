"""What every component must do within a training."""

from __future__ import annotations

import copy
import math

import torch

from snn.contracts.case import config_of, require, tiny_for
from snn.registry import Component
from snn.training.trainer import Trainer

_TIMES = ("epoch_seconds", "samples_per_second")


def _trainer(component: Component) -> Trainer:
    config = config_of(component)
    return Trainer(config, tiny_for(config))


def trains(component: Component) -> None:
    """A network with it trains an epoch, with a finite loss, the same every time."""
    first, second = _trainer(component).train_epoch(), _trainer(component).train_epoch()
    require(math.isfinite(first["val_loss"]), f"the loss is {first['val_loss']}")
    for name in first.keys() - set(_TIMES):
        same = first[name] == second[name]
        require(same, f"{name} is {first[name]} and then {second[name]} with the same seed")


def resumes(component: Component) -> None:
    """A training that is resumed goes on with the same numbers."""
    whole, begun = _trainer(component), _trainer(component)
    whole.train_epoch()
    whole.train_epoch()
    begun.train_epoch()
    resumed = _trainer(component)
    resumed.load(copy.deepcopy(begun.state()))
    resumed.train_epoch()
    for name, weight in whole.network.state_dict().items():
        other = resumed.network.state_dict()[name]
        require(torch.equal(weight, other), f"{name} differs after a resumption")


CHECKS = (trains, resumes)
