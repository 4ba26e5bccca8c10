"""The spike codes by hand."""

from __future__ import annotations

import math

import pytest
import torch

from snn.config import TrialConfig
from snn.data.shapes import Shape
from snn.encoding import encoder
from snn.encoding.latency import firing_steps

SHAPE = Shape(1, 1)  # of codes of single pixels, any number of which can be encoded


@pytest.mark.parametrize("grey", [255, 200, 128, 60, 52])
def test_latency_is_the_first_crossing_of_a_leaky_neuron(grey: int) -> None:
    x = grey / 255
    expected = int(20 * math.log(x / (x - 0.2)))
    assert int(firing_steps(TrialConfig())[grey]) == expected


def test_pixels_under_the_threshold_never_fire() -> None:
    assert (firing_steps(TrialConfig(n_steps=100))[:51] == 100).all()


def test_as_published_every_bright_pixel_fires_at_step_0() -> None:
    steps = firing_steps(TrialConfig(preset="published"))
    assert (steps[51:] == 0).all() and (steps[:51] == 100).all()


def spikes(grey: int, **config: object) -> list[int]:
    """Steps at which one pixel fires."""
    run = encoder(TrialConfig.parse(config), SHAPE)
    dense = run(torch.tensor([[grey]], dtype=torch.uint8)).dense()
    return dense[:, 0, 0].nonzero().flatten().tolist()


def test_a_periodic_pixel_fires_at_multiples_of_its_latency() -> None:
    assert spikes(255, encoding="periodic", n_steps=20) == [4, 8, 12, 16]
    assert spikes(40, encoding="periodic", n_steps=20) == []


def test_a_period_as_published_is_at_least_1_and_a_dark_pixel_fires_once() -> None:
    published = {"encoding": "periodic", "preset": "published", "n_steps": 5}
    assert spikes(255, **published) == [1, 2, 3, 4]
    assert spikes(0, **published) == [4]


def test_poisson_spikes_come_at_their_rate() -> None:
    run = encoder(TrialConfig(encoding="poisson", encoder_tau=4.0, n_steps=100), SHAPE)
    white = torch.full((50, 20), 255, dtype=torch.uint8)
    drive = run(white, torch.Generator().manual_seed(0))
    count = drive.dense().sum().item()
    n, p = 100 * 50 * 20, 0.25
    assert abs(count - n * p) < 5 * math.sqrt(n * p * (1 - p))
    assert drive.events() == pytest.approx(n * p / 50)


def test_a_constant_pixel_is_its_brightness_at_every_step() -> None:
    run = encoder(TrialConfig(encoding="constant", n_steps=3), SHAPE)
    dense = run(torch.tensor([[51]], dtype=torch.uint8)).dense()
    assert dense.flatten().tolist() == pytest.approx([0.2] * 3)
