"""Data sets by name, as a configuration names them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from snn import registry
from snn.data import idx
from snn.data.dataset import Dataset
from snn.data.idx import ENV
from snn.declarations.suggestion import did_you_mean
from snn.errors import DataError

NAMES = registry.OURS.names("dataset")
"""Those that come with the package."""


def default_root() -> Path:
    """The data folder: SPIKESWEEP_DATA, or `data` in the working directory."""
    return Path(os.environ.get(ENV) or "data")


def load(
    name: str,
    root: Path | str | None = None,
    *,
    download: bool = True,
    components: registry.Registry | None = None,
) -> Dataset:
    """Read a data set into memory.

    Args:
        name: `mnist`, `fashion_mnist`, `digits` (part of scikit-learn, needs no files), or that of
            a plugin that is in use.
        root: Folder that holds `MNIST/raw` and `FashionMNIST/raw`; default: `default_root()`.
        download: Whether torchvision may fetch missing files into the folder.
        components: Those that a name can be of; default: the registry that is used now.

    Raises:
        DataError: Files are missing and cannot be fetched, or are not what they should be.
    """
    known = components or registry.current()
    if name not in known.names("dataset"):
        there = known.names("dataset")
        hint = did_you_mean(name, there, f"there are {', '.join(there)}")
        raise DataError(f"data set {name!r} is unknown; {hint}")
    folder = Path(root) if root is not None else default_root()
    dataset = known.get("dataset", name).load()(folder, download)
    if not isinstance(dataset, Dataset) or dataset.name != name:
        raise DataError(f"data set {name!r}: is not made as a snn.data.Dataset of this name")
    return dataset


def verify(name: str, root: Path | str | None = None) -> Iterator[tuple[Path, bool]]:
    """Yield every file of a data set with whether it is, byte for byte, the canonical one.

    Raises:
        DataError: A file is missing or cannot be read.
    """
    return idx.files(name, Path(root) if root is not None else default_root())
