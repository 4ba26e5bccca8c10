"""What every network of a user's must do."""

from __future__ import annotations

from snn.contracts.case import Broken, config_of
from snn.errors import ConfigError
from snn.networks.own_checks import check_network
from snn.registry import Component

_PIXELS, _CLASSES = 36, 3


def can_be_trained(component: Component) -> None:
    """It gives logits and gradients, the same every time, and its state_dict restores it."""
    config = config_of(component)
    if config.has_own_network:
        try:
            check_network(config, _PIXELS, _CLASSES)
        except ConfigError as error:
            raise Broken(str(error).removeprefix(f"network: {component.name}: ")) from None


CHECKS = {"network": (can_be_trained,)}
