"""What every encoder must fulfil."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from snn.config import TrialConfig
from snn.data.shapes import Shape
from snn.encoding import Drive, encoder
from snn.registry import OURS

IMAGE_CODES = sorted(each.name for each in OURS.of("encoding") if each.takes == "images")
every_encoder = pytest.mark.parametrize("name", IMAGE_CODES)
every_code_of_single_pixels = pytest.mark.parametrize(
    "name", sorted(each.name for each in OURS.of("encoding") if each.reads == "pixels")
)
CURRENTS = {"constant", "rows", "pixels", "permuted"}
sizes = st.tuples(st.integers(1, 5), st.integers(2, 40), st.integers(1, 30), st.integers(1, 8))


def encode(name: str, pixels: Tensor, n_steps: int = 50, seed: int = 0) -> Drive:
    config = TrialConfig(encoding=name, n_steps=n_steps)
    made = encoder(config, Shape(1, pixels.shape[1]))
    return made(pixels, torch.Generator().manual_seed(seed))


@every_encoder
@given(size=sizes, seed=st.integers(0, 99))
@settings(max_examples=25)
def test_the_current_is_that_of_the_dense_form_with_its_gradient(
    name: str, size: tuple[int, int, int, int], seed: int
) -> None:
    batch, n_steps, n_in, n_out = size
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (batch, n_in), generator=generator, dtype=torch.uint8)
    drive = encode(name, pixels, n_steps)
    n_steps, _, n_in = drive.sizes
    weight = torch.randn(n_in, n_out, generator=generator, requires_grad=True)
    towards = torch.randn(n_steps, batch, n_out, generator=generator)
    gradients = []
    for current in (drive.current(weight), drive.dense() @ weight):
        assert current.shape == (n_steps, batch, n_out)
        (gradient,) = torch.autograd.grad((current * towards).sum(), weight)
        gradients.append((current, gradient))
    for ours, dense in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, dense, rtol=1e-4, atol=1e-4)


@every_encoder
def test_events_are_the_non_zero_inputs_per_image(name: str) -> None:
    pixels = torch.randint(0, 256, (7, 30), dtype=torch.uint8)
    drive = encode(name, pixels)
    counted = float((drive.dense() != 0).sum())
    chance = 5 * counted**0.5 if name == "poisson" else 0.0  # there, the expected number
    assert drive.events() * 7 == pytest.approx(counted, abs=chance or None)


@every_encoder
def test_a_black_image_is_silent(name: str) -> None:
    assert encode(name, torch.zeros(2, 10, dtype=torch.uint8)).events() == 0


@every_code_of_single_pixels
def test_a_brighter_pixel_drives_no_less_and_no_later(name: str) -> None:
    levels = torch.tensor([[60, 120, 180, 255]], dtype=torch.uint8).expand(200, -1)
    dense = encode(name, levels, n_steps=100).dense().mean(dim=1)  # (T, 4)
    total = dense.sum(dim=0)
    assert (total.diff() >= 0).all()
    first = [int(dense[:, pixel].nonzero()[0]) for pixel in range(4)]
    assert first == sorted(first, reverse=True)


@every_encoder
def test_the_same_seed_gives_the_same_spikes(name: str) -> None:
    pixels = torch.randint(0, 256, (3, 20), dtype=torch.uint8)
    assert torch.equal(encode(name, pixels).dense(), encode(name, pixels).dense())


@every_encoder
def test_spikes_are_0_or_1_and_currents_are_between(name: str) -> None:
    levels = torch.arange(256, dtype=torch.uint8)[None]
    values = encode(name, levels).dense().unique()
    if name in CURRENTS:
        torch.testing.assert_close(values, torch.arange(256) / 255)
    else:
        assert values.tolist() == [0.0, 1.0]


def test_another_seed_gives_other_poisson_spikes() -> None:
    grey = torch.full((3, 20), 128, dtype=torch.uint8)
    one, other = (encode("poisson", grey, seed=seed).dense() for seed in (0, 1))
    assert not torch.equal(one, other)


class Copies(TorchDispatchMode):
    """Counts the tensors that are copied to another device."""

    count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        if func is torch.ops.aten._to_copy.default:
            self.count += made.device != args[0].device
        return made


@every_encoder
def test_only_the_first_batch_copies_anything_to_its_device(name: str) -> None:
    # To copy is to wait for the device, and a step that is recorded as a graph cannot wait.
    made = encoder(TrialConfig(encoding=name, n_steps=50), Shape(1, 30))
    pixels = torch.zeros(7, 30, dtype=torch.uint8, device="meta")
    key = torch.zeros(2, dtype=torch.int64, device="meta")
    counts = []
    for _ in range(2):
        with Copies() as seen:
            made(pixels, None, key)
        counts.append(seen.count)
    assert counts[0] <= 1 and counts[1] == 0
