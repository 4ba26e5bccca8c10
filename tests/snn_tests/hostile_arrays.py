"""Arrays of every kind, given to every entrance of `snn`, in a process that may die of them.

    python -m tests.snn_tests.hostile_arrays

Prints what it gave before it gives it: after an abort the last line is the cause.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from torch import Tensor

from snn import MLP, Dataset, SnnError, SpikingNetwork, Trainer, TrialConfig
from snn.data.augmentation import Augmentation
from snn.data.splits import split
from snn.encoding import ConstantCurrent, Drive, RandomSpikes, SpikePeriods, SpikeTimes
from snn.kernels import Layer, reference
from snn.kernels.cpu import network as cpu

SIDE, CLASSES = 4, 3
SMALL: dict[str, Any] = {"hidden": 5, "n_steps": 6, "encoder_tau": 1.0, "epochs": 1}
DTYPES = ["uint8", "int64", "int8", ">i4", "float32", "float64", "bool", "complex64", "U3", "O"]


@st.composite
def arrays(draw: st.DrawFn, shape: tuple[int, ...], high: int, wrong: bool) -> np.ndarray:
    """Numbers from 0 to under `high`, laid out in any way; or of another shape, type or range."""
    if wrong:
        n = [draw(st.sampled_from([size, size - 1, size + 1, 0])) for size in shape]
        shape = tuple(draw(st.sampled_from([n, n, n[:-1], [*n, 1], [3, *n]])))
        high = draw(st.sampled_from([high, high + 1, 2**31]))
    dtype = draw(st.sampled_from(DTYPES)) if wrong else "uint8"
    values = np.random.default_rng(draw(st.integers(0, 99))).integers(-wrong, high, shape)
    array = values.astype(dtype)
    if array.dtype.kind == "f" and array.size and draw(st.booleans()):
        array.flat[0] = draw(st.sampled_from([np.nan, np.inf, 1e30]))
    layout = draw(st.sampled_from(["plain", "fortran", "strided", "reversed", "repeated"]))
    if layout == "plain" or not array.size or not array.ndim:
        return array
    return {
        "fortran": np.asfortranarray(array),
        "strided": np.repeat(array, 2, axis=0)[::2],
        "reversed": array[::-1],
        "repeated": np.broadcast_to(array[:1], array.shape),
    }[layout]


@st.composite
def pixels_(draw: st.DrawFn) -> Any:
    """Three images as a tensor, or no such thing."""
    wrong = draw(st.integers(0, 2)) == 0
    array = draw(arrays((3, SIDE**2), 256, wrong))
    if array.dtype.kind in "UO":
        return array
    tensor = torch.from_numpy(array.astype(array.dtype.newbyteorder("="), order="C"))
    if wrong and draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from([tensor.to("meta"), tensor.to_sparse(), array]))
    return tensor.mT.contiguous().mT if tensor.dim() > 1 and draw(st.booleans()) else tensor


@st.composite
def data_sets(draw: st.DrawFn) -> dict[str, Any]:
    """What a `Dataset` is made of; in most of them one part is wrong."""
    n = draw(st.sampled_from([12, 12, 12, 2, 1]))
    parts = {
        "train_images": ((n, SIDE**2), 256),
        "train_labels": ((n,), CLASSES),
        "test_images": ((5, SIDE**2), 256),
        "test_labels": ((5,), CLASSES),
    }
    wrong = draw(st.sampled_from(["", "", "side", "n_classes", *parts]))
    sides, classes = [SIDE + 1, 64, 0, -4, 4.0, True, 10**6, "4"], [2, 0, -1, 300, 3.0, None]
    return {
        "name": "own",
        "side": draw(st.sampled_from(sides)) if wrong == "side" else SIDE,
        "n_classes": draw(st.sampled_from(classes)) if wrong == "n_classes" else CLASSES,
        **{name: draw(arrays(*like, name == wrong)) for name, like in parts.items()},
    }


def train(values: dict[str, Any], keys: dict[str, Any]) -> None:
    dataset = Dataset(**values)
    assert dataset.train_images.shape == (len(dataset.train_labels), dataset.n_pixels)
    assert np.array_equal(dataset.train_images, values["train_images"])
    assert np.array_equal(dataset.train_labels, values["train_labels"])
    split(dataset, 0.3, 0)
    trainer = Trainer(TrialConfig.parse(SMALL | keys), dataset)
    trainer.train_epoch()
    metrics, confusion = trainer.test_best()
    assert int(confusion.sum()) == len(dataset.test_labels)
    assert 0 <= metrics["test_accuracy"] <= 1


def predict(pixels: Any, keys: dict[str, Any]) -> None:
    config = TrialConfig.parse(SMALL | keys)
    kind = MLP if config.dynamics == "mlp" else SpikingNetwork
    found = kind(config, SIDE**2, CLASSES).probabilities(pixels)
    rows = pixels.tolist()
    one_by_one = kind(config, SIDE**2, CLASSES).probabilities(torch.tensor(rows, dtype=torch.uint8))
    assert found.shape == (len(rows), CLASSES)
    assert torch.equal(found, one_by_one)


def turn(pixels: Any, mirror: bool) -> None:
    augmentation = Augmentation(1.0, 10.0, mirror)
    count = len(pixels) if isinstance(pixels, torch.Tensor) and pixels.dim() else 1
    moves = augmentation.draw(count, torch.Generator().manual_seed(0))
    turned = augmentation(pixels, moves)
    assert turned.shape == pixels.shape and turned.dtype == torch.uint8


def drive(kind: Callable[..., Drive], pixels: Any, table: Any, n_steps: Any, reshape: bool) -> None:
    network = SpikingNetwork(TrialConfig.parse(SMALL), SIDE**2, CLASSES)
    made = kind(pixels, table, n_steps)
    layers = network.kernel_layers()
    if reshape:
        layers = [Layer(layer.neuron, layer.weight[:-1, ::2], None) for layer in layers]
    ours, exact = (run(made, layers, network.readout) for run in (cpu.run, reference.run))
    assert torch.allclose(ours.logits, exact.logits, atol=1e-4)


def random_spikes(pixels: Tensor, table: Tensor, n_steps: int) -> Drive:
    return RandomSpikes(pixels, table, torch.tensor([1, 2]), n_steps)


def attempt(what: Callable[..., None], *arguments: Any) -> None:
    """Right, or refused by us in one line; all else ends the process."""
    print(what.__name__, *(repr(argument)[:300] for argument in arguments), flush=True)
    try:
        what(*arguments)
        print("right")
    except SnnError as error:
        assert "\n" not in str(error), error
        print("refused:", error)


KEYS = st.sampled_from(
    [
        {"dynamics": "lif", "encoding": encoding, "recurrent": recurrent}
        for encoding in ("latency", "periodic", "poisson", "constant")
        for recurrent in (False, True)
    ]
    + [{"dynamics": "mlp"}, {"dynamics": "lif", "augment_mirror": True, "augment_shift": 1.0}]
)
TABLES = st.sampled_from(
    [
        torch.arange(256),
        torch.arange(255),
        torch.arange(256) - 1,
        torch.arange(512)[::2],
        torch.arange(256) / 255,
        torch.full((256,), torch.nan),
        torch.full((256,), 2**40),
        np.arange(256),
    ]
)
DRIVES = st.sampled_from(
    [
        (SpikeTimes, torch.arange(256) // 20),
        (SpikePeriods, torch.arange(256) % 7 + 1),
        (random_spikes, torch.arange(256) << 23),
        (ConstantCurrent, torch.arange(256) / 255),
    ]
)


@seed(17)
@settings(max_examples=500, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def check(data: st.DataObject) -> None:
    """One of the entrances, with arguments of which some are wrong."""
    entrance = data.draw(st.sampled_from([train, predict, turn, drive]))
    if entrance is train:
        attempt(train, data.draw(data_sets()), data.draw(KEYS))
    elif entrance is predict:
        attempt(predict, data.draw(pixels_()), data.draw(KEYS))
    elif entrance is turn:
        attempt(turn, data.draw(pixels_()), data.draw(st.booleans()))
    else:
        kind, table = data.draw(DRIVES)
        if data.draw(st.integers(0, 3)) == 0:
            table = data.draw(TABLES)
        steps = data.draw(st.sampled_from([6, 6, 6, 1, 0, -3, 2.5]))
        attempt(drive, kind, data.draw(pixels_()), table, steps, data.draw(st.integers(0, 4)) == 0)


if __name__ == "__main__":
    try:
        check()
    except BaseException:
        traceback.print_exc(file=sys.stdout)
        sys.exit(1)
