"""MNIST and Fashion-MNIST, from torchvision's files in the IDX format."""

from __future__ import annotations

import contextlib
import hashlib
import sys
from pathlib import Path

import numpy as np

from snn.data.arrays import Bytes
from snn.data.dataset import Dataset
from snn.data.files import ENV, FASHION_MD5, MNIST_MD5, File, read_bytes, refuse
from snn.errors import DataError
from snn.registry import Component

COMPONENTS = (
    Component(kind="dataset", name="mnist", make="mnist", label="MNIST"),
    Component(kind="dataset", name="fashion_mnist", make="fashion_mnist", label="Fashion-MNIST"),
)

_SHAPES = {
    "train-images-idx3-ubyte": (60_000, 28, 28),
    "train-labels-idx1-ubyte": (60_000,),
    "t10k-images-idx3-ubyte": (10_000, 28, 28),
    "t10k-labels-idx1-ubyte": (10_000,),
}
_FOLDERS = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST"}
_TITLES = {each.name: each.label for each in COMPONENTS}
_SUMS = {"mnist": MNIST_MD5, "fashion_mnist": FASHION_MD5}


def mnist(root: Path, download: bool) -> Dataset:
    """The digits of MNIST (LeCun, Cortes & Burges, 1998)."""
    return _load("mnist", root, download)


def fashion_mnist(root: Path, download: bool) -> Dataset:
    """The articles of Fashion-MNIST (Xiao, Rasul & Vollgraf, 2017)."""
    return _load("fashion_mnist", root, download)


def files(name: str) -> tuple[File, ...]:
    """The four files of a data set, as torchvision keeps them."""
    return tuple(File(f"{_FOLDERS[name]}/raw/{file}", md5) for file, md5 in _SUMS[name].items())


def _load(name: str, folder: Path, download: bool) -> Dataset:
    paths = [folder / file.path for file in files(name)]
    if download and not all(path.exists() for path in paths):
        _download(name, folder)
    arrays, sums = [], []
    for path in paths:
        content = read_bytes(path)
        arrays.append(_array(path, content))
        sums.append(hashlib.md5(content).hexdigest())
    for file, path, md5 in zip(files(name), paths, sums, strict=True):
        if md5 != file.md5:
            refuse(_TITLES[name], path, md5)
    train_images, train_labels, test_images, test_labels = arrays
    return Dataset(
        name=name,
        height=28,
        width=28,
        n_classes=10,
        train_images=train_images.reshape(len(train_images), -1),
        train_labels=train_labels,
        test_images=test_images.reshape(len(test_images), -1),
        test_labels=test_labels,
    )


def _array(path: Path, content: bytes) -> Bytes:
    """An IDX file of unsigned bytes, whose header must announce the shape of this file.

    Format: big-endian 0x0000, type 0x08, number of dimensions, sizes as 32-bit, then the bytes.
    """
    shape = _SHAPES[path.name]
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
    paths = (folder / file.path for file in files(name))
    missing = next(path for path in paths if not path.exists())
    try:
        with contextlib.redirect_stdout(sys.stderr):  # its messages are progress, not a result
            source(str(folder), download=True)
    except (OSError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(
            f"{missing}: missing, and the download failed ({reason}); put the uncompressed files "
            f"{', '.join(_SHAPES)} into {missing.parent}, or set {ENV} to a folder that has them"
        ) from None
