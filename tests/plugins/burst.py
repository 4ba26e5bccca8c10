"""Burst code: a pixel x fires in each of the last round(x · burst) steps."""

import torch

from snn.encoding import WrittenEncoder
from snn.registry import Component, Key

COMPONENTS = (
    Component(
        kind="encoding",
        name="burst",
        make="make",
        keys=(Key("burst", int, 5, low=1, high=100, description="spikes of a white pixel"),),
    ),
)


def encode(x, config, generator):
    step = torch.arange(config.n_steps, device=x.device)[:, None, None]
    length = (x * min(config.burst, config.n_steps)).round()
    return (step >= config.n_steps - length).float()


def make(config):
    return WrittenEncoder(encode, config)
