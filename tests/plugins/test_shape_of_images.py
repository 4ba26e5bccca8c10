"""A user's network is told the shape of the images that it is built for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from snn import registry
from snn.config import TrialConfig
from snn.data.shapes import Shape
from snn.declarations.files import PluginFile
from snn.networks.own import OwnNetwork
from snn.networks.own_checks import check_network
from snn.plugins import loading as plugins
from snn.registry import OURS

NETS = b"""
from torch import nn

class Shaped(nn.Conv2d):
    def __init__(self, height, width, channels, n_classes):
        super().__init__(channels, n_classes, (height, width))
        self.shape = height, width, channels
    def forward(self, x):
        return super().forward(x.unflatten(1, self.shape).movedim(3, 1)).flatten(1)

def build(config, n_inputs, n_classes):
    return Shaped(*config.image_shape, n_classes)
"""


@pytest.fixture(autouse=True)
def ours_alone_afterwards() -> Iterator[None]:
    yield
    registry.use(OURS)


def test_a_network_is_told_the_shape_of_the_images() -> None:
    plugins.use_files([PluginFile("shaped.py", NETS)])
    config = TrialConfig.parse({"network": "shaped.py:build"})
    check_network(config, 30, 3, Shape(2, 5, 3))
    assert OwnNetwork(config, 30, 3, Shape(2, 5, 3)).module.kernel_size == (2, 5)
    assert OwnNetwork(config, 16, 3).module.kernel_size == (4, 4)  # square and grey, if not known
