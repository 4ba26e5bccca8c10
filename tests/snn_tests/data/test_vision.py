"""The sets of torchvision, from small files in the format of each."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io

from snn.config import TrialConfig
from snn.data import load, verify
from snn.data.sources import files
from snn.errors import DataError
from snn.registry import OURS
from snn.training.trainer import Trainer

RANDOM = np.random.default_rng(0)
N_TRAIN, N_TEST = 24, 12
Write = Callable[[Path, pytest.MonkeyPatch], Any]


def idx(array: np.ndarray) -> bytes:
    kind = {"uint8": 8, "int32": 12}[array.dtype.name]
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    content = array.astype(array.dtype.newbyteorder(">")).tobytes()
    return bytes([0, 0, kind, array.ndim]) + sizes + content


def images(count: int, side: int = 28, channels: int = 0) -> np.ndarray:
    shape = (count, side, side, channels) if channels else (count, side, side)
    return RANDOM.integers(0, 256, shape, dtype=np.uint8)


def labels(count: int, classes: int = 10, first: int = 0) -> np.ndarray:
    return (np.arange(count) % classes + first).astype(np.uint8)


def put(root: Path, path: str, content: bytes) -> str:
    """Write a file; its MD5 sum."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(content)
    return hashlib.md5(content).hexdigest()


def kmnist(root: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    train = images(N_TRAIN)
    parts = {"train": (train, N_TRAIN), "t10k": (images(N_TEST), N_TEST)}
    sums = []
    for part, (pixels, count) in parts.items():
        for what, array in (("images-idx3", pixels), ("labels-idx1", labels(count))):
            name = f"{part}-{what}-ubyte"
            put(root, f"KMNIST/raw/{name}", idx(array))
            packed = gzip.compress(idx(array), mtime=0)
            sums.append((f"{name}.gz", put(root, f"KMNIST/raw/{name}.gz", packed)))
    monkeypatch.setattr("torchvision.datasets.KMNIST.resources", sums)
    return train


def qmnist(root: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    train = images(N_TRAIN)
    for part, pixels in (("train", train), ("test", images(N_TEST))):
        put(root, f"QMNIST/raw/qmnist-{part}-images-idx3-ubyte", idx(pixels))
        known = np.zeros((len(pixels), 8), np.int32)  # the first is the digit
        known[:, 0], known[:, 1:] = labels(len(pixels)), 70_000
        put(root, f"QMNIST/raw/qmnist-{part}-labels-idx2-int", idx(known))
    return train


def emnist(root: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    train = images(52)
    with zipfile.ZipFile(root / "all.zip", "w") as archive:
        for part, pixels in (("train", train), ("test", images(26))):
            for what, array in (
                ("images-idx3", pixels.transpose(0, 2, 1)),  # it is stored on its side
                ("labels-idx1", labels(len(pixels), 26, first=1)),
            ):
                name = f"emnist-letters-{part}-{what}-ubyte"
                put(root, f"EMNIST/raw/{name}", idx(array))
                archive.writestr(f"gzip/{name}.gz", gzip.compress(idx(array), mtime=0))
    content = (root / "all.zip").read_bytes()
    monkeypatch.setattr(
        "torchvision.datasets.EMNIST.md5", put(root, "EMNIST/raw/gzip.zip", content)
    )
    return train


def usps(root: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    train, known = images(N_TRAIN, 16), {}
    for part, name, pixels in (
        ("train", "usps.bz2", train),
        ("test", "usps.t.bz2", images(N_TEST, 16)),
    ):
        rows = zip(pixels.reshape(len(pixels), -1), labels(len(pixels), first=1), strict=True)
        text = "".join(
            f"{label} "
            + " ".join(f"{at}:{(grey + 0.5) / 255 * 2 - 1:.6f}" for at, grey in enumerate(row, 1))
            + "\n"
            for row, label in rows
        )
        known[part] = ["", name, put(root, name, bz2.compress(text.encode()))]
    monkeypatch.setattr("torchvision.datasets.USPS.split_list", known)
    return train


def svhn(root: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    train, known = images(N_TRAIN, 32, 3), {"extra": ["", "", ""]}
    for part, pixels in (("train", train), ("test", images(N_TEST, 32, 3))):
        name = f"{part}_32x32.mat"
        digits = labels(len(pixels)).astype(int)
        digits[digits == 0] = 10  # as it is stored
        arrays = {"X": pixels.transpose(1, 2, 3, 0), "y": digits[:, None]}
        scipy.io.savemat(root / name, arrays)
        known[part] = ["", name, hashlib.md5((root / name).read_bytes()).hexdigest()]
    monkeypatch.setattr("torchvision.datasets.SVHN.split_list", known)
    return train


def cifar10(root: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    train, folder = images(50, 32, 3), "cifar-10-batches-py"

    def batch(name: str, pixels: np.ndarray) -> list[str]:
        planes = pixels.transpose(0, 3, 1, 2).reshape(len(pixels), -1)
        content = pickle.dumps({"data": planes, "labels": labels(len(pixels)).tolist()})
        return [name, put(root, f"{folder}/{name}", content)]

    batches = [batch(f"data_batch_{k + 1}", train[10 * k : 10 * k + 10]) for k in range(5)]
    monkeypatch.setattr("torchvision.datasets.CIFAR10.train_list", batches)
    monkeypatch.setattr(
        "torchvision.datasets.CIFAR10.test_list", [batch("test_batch", images(10, 32, 3))]
    )
    names = pickle.dumps({"label_names": [str(label) for label in range(10)]})
    meta = {"filename": "batches.meta", "key": "label_names"}
    monkeypatch.setattr(
        "torchvision.datasets.CIFAR10.meta",
        meta | {"md5": put(root, f"{folder}/batches.meta", names)},
    )
    return train


SETS: dict[str, tuple[Write, tuple[int, int, int], int]] = {
    "kmnist": (kmnist, (28, 28, 1), 10),
    "qmnist": (qmnist, (28, 28, 1), 10),
    "emnist_letters": (emnist, (28, 28, 1), 26),
    "usps": (usps, (16, 16, 1), 10),
    "svhn": (svhn, (32, 32, 3), 10),
    "cifar10": (cifar10, (32, 32, 3), 10),
}


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_read_from_the_files_that_torchvision_keeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    write, shape, classes = SETS[name]
    train = write(tmp_path, monkeypatch)
    dataset = load(name, tmp_path, download=False)
    assert dataset.shape == shape and dataset.n_classes == classes
    assert np.array_equal(dataset.train_images, train.reshape(len(train), -1))
    assert np.array_equal(dataset.train_labels, labels(len(train), 10 if classes == 10 else 26))
    said = dict(verify(name, tmp_path))
    assert set(said.values()) == ({None} if name == "qmnist" else {True})
    config = {"dataset": name, "hidden": 4, "n_steps": 5, "epochs": 1, "val_fraction": 0.5}
    trainer = Trainer(TrialConfig.parse(config), dataset)
    trainer.train_epoch()
    assert int(trainer.test_best()[1].sum()) == len(dataset.test_labels)


@pytest.mark.parametrize("name", ["svhn", "cifar10"])
def test_the_grey_form_is_the_luminance_as_of_a_picture_that_predict_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from PIL import Image

    train = SETS[name][0](tmp_path, monkeypatch)
    dataset = load(f"{name}_grey", tmp_path, download=False)
    assert dataset.shape == (32, 32, 1)
    expected = np.stack([np.array(Image.fromarray(image).convert("L")) for image in train])
    assert np.array_equal(dataset.train_images.reshape(expected.shape), expected)


@pytest.mark.parametrize("name", [name for name in SETS if name != "qmnist"])
def test_a_changed_file_is_named_and_never_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    SETS[name][0](tmp_path, monkeypatch)
    path = tmp_path / files(name)[0].path
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        load(name, tmp_path, download=False)
    assert str(caught.value).startswith(f"{path}: is not the file of ")
    assert "\n" not in str(caught.value)
    assert [file for file, published in verify(name, tmp_path) if not published] == [path]


@pytest.mark.parametrize("name", SETS)
def test_a_missing_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    SETS[name][0](tmp_path, monkeypatch)
    path = tmp_path / files(name)[-1].path
    path.unlink()
    with pytest.raises(DataError) as caught:
        load(name, tmp_path, download=False)
    assert str(caught.value).startswith(
        f"{path}: missing; fetch it with `spikesweep data fetch {name}`"
    )


@pytest.mark.parametrize("name", SETS)
def test_without_a_network_the_file_and_the_reason_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for proxy in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")  # nobody there
    monkeypatch.setattr("urllib.request._opener", None)  # it would keep the proxy for later tests
    with pytest.raises(DataError) as caught:
        load(name, tmp_path)
    path = tmp_path / files(name)[0].path
    assert str(caught.value).startswith(f"{path}: missing, and the download failed (")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["qmnist", "kmnist"])
def test_a_truncated_file_whose_sum_is_not_known_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    SETS[name][0](tmp_path, monkeypatch)
    path = tmp_path / files(name)[0].path
    path.write_bytes(path.read_bytes()[:1000])
    path.with_name(path.name + ".gz").unlink(missing_ok=True)
    with pytest.raises(DataError, match=r"the training files of .MNIST cannot be read") as caught:
        load(name, tmp_path, download=False)
    assert "\n" not in str(caught.value)


def test_files_of_another_set_are_named_as_such(data_root: Path, tmp_path: Path) -> None:
    for there, here, told in (
        ("FashionMNIST", "MNIST", "is not the file of MNIST (is the file of Fashion-MNIST)"),
        ("MNIST", "KMNIST", "is not the file of KMNIST (is the file of MNIST)"),
    ):
        (tmp_path / here).mkdir()
        (tmp_path / here / "raw").symlink_to((data_root / there / "raw").absolute())
        with pytest.raises(DataError) as caught:
            load(here.lower(), tmp_path, download=False)
        assert told in str(caught.value) and "train-images-idx3-ubyte" in str(caught.value)


def test_every_named_set_says_which_files_it_needs() -> None:
    for component in OURS.of("dataset"):
        generated = component.name in ("digits", "randman", "yin_yang")
        one = f"{component.name}@set=SHD" if component.family else component.name
        assert bool(files(one)) != generated
