"""A convolutional network in plain torch, for `network: plain_network.py:build`."""

import torch
from torch import nn

from snn.registry import Key

LABEL = "ConvNet"
KEYS = [
    Key("channels", int, 4, low=1, high=64, description="filters of the convolution"),
    Key("drop", float, 0.1, low=0, high=0.9, description="share of features that are dropped"),
]


def build(config, n_inputs, n_classes):
    side = round(n_inputs**0.5)
    return nn.Sequential(
        nn.Unflatten(1, (1, side, side)),
        nn.Conv2d(1, config.channels, kernel_size=3, padding=1),
        nn.BatchNorm2d(config.channels),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(config.drop),
        nn.Linear(config.channels * n_inputs, n_classes),
    )


class Linear(nn.Module):
    """Softmax regression."""

    def __init__(self, n_inputs, n_classes):
        super().__init__()
        self.weight = nn.Parameter(0.01 * torch.randn(n_inputs, n_classes))

    def forward(self, pixels):
        return pixels @ self.weight


def linear(config, n_inputs, n_classes):
    return Linear(n_inputs, n_classes)
