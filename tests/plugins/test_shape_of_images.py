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


READS_SPIKES = b"""
from torch import nn

USES, INPUT = ["n_steps"], "spikes"

class Told(nn.Linear):
    def __init__(self, n_steps, n_inputs, n_classes):
        super().__init__(n_inputs, n_classes)
        self.n_steps = n_steps
    def forward(self, spikes):
        assert len(spikes) == self.n_steps
        return super().forward(spikes.mean(dim=0))

def build(config, n_inputs, n_classes):
    return Told(config.n_steps, n_inputs, n_classes)
"""


def test_a_network_of_spikes_is_told_the_inputs_and_steps_of_the_encoding() -> None:
    plugins.use_files([PluginFile("told.py", READS_SPIKES)])
    asked = {"network": "told.py:build", "encoding": "rows", "answer_steps": 1, "n_steps": 50}
    config = TrialConfig.parse(asked)
    check_network(config, 30, 3, Shape(2, 5, 3))
    module = OwnNetwork(config, 30, 3, Shape(2, 5, 3)).module
    assert (module.n_steps, module.in_features) == (3, 15)
    latency = TrialConfig.parse(asked | {"encoding": "latency"})
    module = OwnNetwork(latency, 30, 3, Shape(2, 5, 3)).module
    assert (module.n_steps, module.in_features) == (50, 30)
