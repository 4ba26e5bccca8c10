"""Arrays that a caller hands in: the right result, or one line of ours; never a crash."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from snn.config import TrialConfig
from snn.data import Dataset
from snn.data.augmentation import Augmentation
from snn.data.splits import split
from snn.encoding import SpikePeriods, SpikeTimes
from snn.errors import ArrayError, ConfigError, DataError
from snn.kernels import Layer, reference
from snn.kernels.cpu import network as cpu
from snn.networks import build

ROOT = Path(__file__).parents[3]


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own, so that an abort is seen."""
    return subprocess.run(
        [sys.executable, *code.split(" ", 1)], cwd=ROOT, capture_output=True, text=True, timeout=250
    )


def test_no_array_crashes_the_process_or_gives_a_wrong_result() -> None:
    done = run("-m tests.snn_tests.hostile_arrays")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    answers = done.stdout.splitlines()
    assert answers.count("right") >= 100  # else nothing was computed
    assert sum(line.startswith("refused: ") for line in answers) >= 100


SIDES = {9: "a little too large", 28: "of MNIST", 1000: "far too large"}


@pytest.fixture(scope="module")
def told_of_sides() -> subprocess.CompletedProcess[str]:
    """A process that tries all; after an abort, the lines of the others are missing, too."""
    program = (
        "import dataclasses; from snn import Trainer, TrialConfig, load, SnnError\n"
        f"for side in {[*SIDES]}:\n"
        "    try:\n        data = dataclasses.replace(load('digits'), side=side)\n"
        "        config = TrialConfig(dataset='digits', epochs=1, n_steps=10, hidden=8)\n"
        "        print(Trainer(config, data).train_epoch())\n"
        "    except SnnError as error:\n        print('refused:', error)\n"
    )
    return run(f"-c {program}")


@pytest.mark.parametrize("side", SIDES, ids=SIDES.values())
def test_a_side_that_does_not_fit_its_images_ends_in_a_line(
    told_of_sides: subprocess.CompletedProcess[str], side: int
) -> None:
    assert told_of_sides.returncode == 0, told_of_sides.stderr
    lines = told_of_sides.stdout.splitlines()
    assert len(lines) == len(SIDES)
    assert lines[[*SIDES].index(side)] == (
        f"refused: train_images: must be of shape (images, {side * side}), a row per image of "
        f"{side} × {side} numbers, not (1438, 64)"
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"side": 0}, "side: must be a whole number from 1 to 32768, got 0"),
        ({"side": 8.0}, "side: must be a whole number from 1 to 32768, got 8.0"),
        ({"height": 0}, "height: must be a whole number from 1 to 32768, got 0"),
        ({"width": True}, "width: must be a whole number from 1 to 32768, got True"),
        ({"channels": 3.0}, "channels: must be a whole number from 1 to 32768, got 3.0"),
        ({"channels": 3}, "(images, 192), a row per image of 8 × 8 × 3 numbers, not (1438, 64)"),
        ({"n_classes": 9}, "train_labels: must be 0 to 8, got 9"),
        ({"n_classes": 257}, "n_classes: must be a whole number from 2 to 256, got 257"),
        ({"train_images": lambda a: a / 255}, "train_images: must be a NumPy array of uint8, not"),
        ({"train_images": lambda a: a.tolist()}, "must be a NumPy array of uint8, not list"),
        ({"train_images": lambda a: a[0]}, "train_images: must be of shape (images, 64)"),
        ({"train_images": lambda a: a[:0]}, "train_images: must be of shape (images, 64)"),
        ({"test_images": lambda a: a[:, :-1]}, "test_images: must be of shape (images, 64)"),
        ({"train_labels": lambda a: a[:-1]}, "must be one per image, of shape (1438,), not (1437"),
        ({"train_labels": lambda a: a[:, None]}, "must be one per image, of shape (1438,), not"),
        ({"train_labels": lambda a: a + 1}, "train_labels: must be 0 to 9, got 10"),
        ({"test_labels": lambda a: a - np.int64(1)}, "test_labels: must be 0 to 9, got -1"),
        ({"test_labels": lambda a: a.astype(float)}, "must be a NumPy array of integers, not fl"),
    ],
)
def test_a_data_set_that_is_not_what_it_says_is_refused(
    digits: Dataset, changes: dict[str, Any], told: str
) -> None:
    values = {
        key: value(getattr(digits, key)) if callable(value) else value
        for key, value in changes.items()
    }
    with pytest.raises(DataError, match=re.escape(told)) as caught:
        dataclasses.replace(digits, **values)
    assert "\n" not in str(caught.value)


def test_arrays_of_any_layout_and_labels_of_any_integers_are_the_same_data(
    digits: Dataset,
) -> None:
    other = dataclasses.replace(
        digits,
        side=np.int32(8),  # type: ignore[arg-type]
        train_images=np.asfortranarray(digits.train_images),
        train_labels=digits.train_labels.astype(">i8"),
        test_images=np.repeat(digits.test_images, 2, axis=1)[:, ::2],
    )
    assert other.sha256 == digits.sha256
    assert other.train_images.flags.c_contiguous and other.test_images.flags.c_contiguous
    assert type(other.height) is int and other.train_labels.dtype == np.uint8


@pytest.mark.parametrize(("fraction", "seed"), [(float("nan"), 0), (float("inf"), 0), (0.2, -1)])
def test_a_split_by_no_number_is_refused(digits: Dataset, fraction: float, seed: int) -> None:
    with pytest.raises(ConfigError):
        split(digits, fraction, seed)


PIXELS = torch.randint(0, 256, (3, 64), dtype=torch.uint8)


@pytest.mark.parametrize("dynamics", ["lif", "izhikevich", "mlp"])
@pytest.mark.parametrize(
    ("pixels", "told"),
    [
        (PIXELS[:, :63], "63 per image, but the network has weights for 64"),
        (torch.cat([PIXELS, PIXELS], 1), "128 per image, but the network has weights for 64"),
        (PIXELS / 255, "must be uint8, 0 for black to 255, not torch.float32"),
        (PIXELS / torch.zeros(1), "must be uint8"),
        (PIXELS.long(), "must be uint8"),
        (PIXELS[0], r"a row per image, and at least one, not of shape \(64,\)"),
        (PIXELS[:0], "at least one"),
        (PIXELS.view(3, 8, 8), "a row per image"),
        (PIXELS.to_sparse(), "must be a dense tensor"),
        (PIXELS.to("meta"), "on meta, but the network is on cpu"),
        (PIXELS.numpy(), "must be a torch tensor, not ndarray"),
    ],
)
def test_pixels_that_a_network_cannot_take_are_refused(
    dynamics: str, pixels: Tensor, told: str
) -> None:
    network = build(TrialConfig(dynamics=dynamics, hidden=6, n_steps=30), n_pixels=64)
    for entrance in (network.probabilities, network):
        with pytest.raises(ArrayError, match=told):
            entrance(pixels)


@pytest.mark.parametrize("dynamics", ["lif", "mlp"])
def test_pixels_of_any_layout_are_the_same_pixels(dynamics: str) -> None:
    network = build(TrialConfig(dynamics=dynamics, hidden=6, n_steps=30), n_pixels=64)
    expected = network.probabilities(PIXELS)
    apart = torch.stack([PIXELS, PIXELS], dim=2)[:, :, 1]
    assert not apart.is_contiguous() and not PIXELS.t().contiguous().t().is_contiguous()
    assert torch.equal(network.probabilities(apart), expected)
    assert torch.equal(network.probabilities(PIXELS.t().contiguous().t()), expected)
    same = PIXELS[:1].expand(3, -1)
    assert torch.equal(network.probabilities(same), network.probabilities(same.contiguous()))
    if dynamics == "lif":  # a row of torch's products may depend on its place in the last bit
        assert torch.equal(network.probabilities(same), expected[[0, 0, 0]])


@pytest.mark.parametrize("backend", [cpu.run, reference.run])
@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda a, b: [a], r"weights of the readout: must be of shape \(4, 10\), not \(6, 10\)"),
        (lambda a, b: [], "layers: there must be at least one"),
        (lambda a, b: [a._replace(weight=a.weight[:-1]), b], "64 per image, but .* for 63"),
        (lambda a, b: [a, b._replace(weight=b.weight[:-1])], "weights of layer 2: must be of "),
        (lambda a, b: [a, b._replace(recurrent=a.recurrent)], "recurrent weights of layer 2"),
        (lambda a, b: [a, b._replace(weight=b.weight.double())], "must be of one floating-point"),
        (lambda a, b: [a._replace(weight=a.weight.to("meta")), b], "layer 1: on meta, but the"),
    ],
)
def test_weights_that_do_not_fit_each_other_are_refused(
    backend: Callable[..., object], spoil: Callable[..., list[Layer]], told: str
) -> None:
    network = build(TrialConfig(hidden=[4, 6], recurrent=True, n_steps=30), n_pixels=64)
    layers = spoil(*network.kernel_layers())  # type: ignore[operator]
    with pytest.raises(ArrayError, match=told):
        backend(network.encoder(PIXELS), layers, network.readout)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("kind", "table", "n_steps"),
    [
        (SpikeTimes, torch.arange(256) - 1, 9),
        (SpikePeriods, torch.arange(256), 9),
        (SpikeTimes, torch.arange(255), 9),
        (SpikeTimes, torch.arange(256).int(), 9),
        (SpikeTimes, torch.arange(256), 0),
    ],
)
def test_a_code_that_names_no_time_step_is_refused(
    kind: type[SpikeTimes], table: Tensor, n_steps: int
) -> None:
    with pytest.raises(ArrayError):
        kind(PIXELS, table, n_steps)


@pytest.mark.parametrize("width", [10, 6])
def test_images_that_are_no_squares_are_not_turned(width: int) -> None:
    with pytest.raises(ArrayError, match="are no square"):
        mirror = Augmentation(mirror=True)
        mirror(PIXELS[:, :width], mirror.draw(len(PIXELS), torch.Generator()))
