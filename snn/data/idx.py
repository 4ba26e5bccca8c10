"""MNIST and Fashion-MNIST, from torchvision's files in the IDX format."""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from snn.data.arrays import Bytes
from snn.data.dataset import Dataset
from snn.errors import DataError
from snn.registry import Component

COMPONENTS = (
    Component(kind="dataset", name="mnist", make="mnist", label="MNIST"),
    Component(kind="dataset", name="fashion_mnist", make="fashion_mnist", label="Fashion-MNIST"),
)

ENV = "SPIKESWEEP_DATA"
"""The variable that names the data folder."""


@dataclass(frozen=True)
class _IdxSource:
    """Four files in the IDX format of MNIST, as torchvision keeps them under `FOLDER/raw`."""

    folder: str
    md5: dict[str, str]


_SHAPES = {
    "train-images-idx3-ubyte": (60_000, 28, 28),
    "train-labels-idx1-ubyte": (60_000,),
    "t10k-images-idx3-ubyte": (10_000, 28, 28),
    "t10k-labels-idx1-ubyte": (10_000,),
}
_SOURCES = {
    "mnist": _IdxSource(
        "MNIST",
        {
            "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
            "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
            "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
            "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
        },
    ),
    "fashion_mnist": _IdxSource(
        "FashionMNIST",
        {
            "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
            "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
            "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
            "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
        },
    ),
}


def mnist(root: Path, download: bool) -> Dataset:
    """The digits of MNIST (LeCun, Cortes & Burges, 1998)."""
    return _load("mnist", root, download)


def fashion_mnist(root: Path, download: bool) -> Dataset:
    """The articles of Fashion-MNIST (Xiao, Rasul & Vollgraf, 2017)."""
    return _load("fashion_mnist", root, download)


def files(name: str, root: Path) -> Iterator[tuple[Path, bool]]:
    """Every file of a data set with whether it is, byte for byte, the canonical one.

    Raises:
        DataError: A file is missing or cannot be read.
    """
    for path in _paths(name, root) if name in _SOURCES else ():
        yield path, hashlib.md5(_read_bytes(path)).hexdigest() == _SOURCES[name].md5[path.name]


def _load(name: str, folder: Path, download: bool) -> Dataset:
    if download and any(not path.exists() for path in _paths(name, folder)):
        _download(name, folder)
    arrays = [_read_idx(path, _SHAPES[path.name]) for path in _paths(name, folder)]
    train_images, train_labels, test_images, test_labels = arrays
    return Dataset(
        name=name,
        side=28,
        n_classes=10,
        train_images=train_images.reshape(len(train_images), -1),
        train_labels=train_labels,
        test_images=test_images.reshape(len(test_images), -1),
        test_labels=test_labels,
    )


def _paths(name: str, folder: Path) -> list[Path]:
    return [folder / _SOURCES[name].folder / "raw" / file for file in _SHAPES]


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(
            f"{path}: missing; fetch it with `spikesweep data fetch`, or set {ENV} to a folder "
            f"that holds {path.parent.parent.name}/raw/{path.name} (uncompressed)"
        ) from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None


def _read_idx(path: Path, shape: tuple[int, ...]) -> Bytes:
    """Read an IDX file of unsigned bytes, whose header must announce exactly this shape.

    Format: big-endian 0x0000, type 0x08, number of dimensions, sizes as 32-bit, then the bytes.
    """
    content = _read_bytes(path)
    header = bytes([0, 0, 8, len(shape)]) + b"".join(size.to_bytes(4, "big") for size in shape)
    expected = len(header) + int(np.prod(shape))
    if not content.startswith(header):
        what = "is gzipped; unpack it" if content[:2] == b"\x1f\x8b" else "is no such IDX file"
        raise DataError(f"{path}: {what} (expected {shape} unsigned bytes with an IDX header)")
    if len(content) != expected:
        raise DataError(
            f"{path}: has {len(content):,} bytes instead of {expected:,}; delete it and run "
            "`spikesweep data fetch`"
        )
    return np.frombuffer(content, dtype=np.uint8, offset=len(header)).reshape(shape)


def _download(name: str, folder: Path) -> None:
    from torchvision import datasets

    source = {"mnist": datasets.MNIST, "fashion_mnist": datasets.FashionMNIST}[name]
    missing = next(path for path in _paths(name, folder) if not path.exists())
    try:
        with contextlib.redirect_stdout(sys.stderr):  # its messages are progress, not a result
            source(str(folder), download=True)
    except (OSError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(
            f"{missing}: missing, and the download failed ({reason}); put the uncompressed files "
            f"{', '.join(_SHAPES)} into {missing.parent}, or set {ENV} to a folder that has them"
        ) from None
