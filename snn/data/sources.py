"""Data sets as a configuration names them: by a name, or by the path of data of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from snn import registry
from snn.data import own
from snn.data.dataset import Dataset
from snn.data.files import File, checked, default_root
from snn.declarations.data_paths import OWN_IMAGES, is_path
from snn.declarations.suggestion import did_you_mean
from snn.errors import DataError

NAMES = registry.OURS.names("dataset")
"""Those that come with the package."""


def load(
    name: str,
    root: Path | str | None = None,
    *,
    download: bool = True,
    components: registry.Registry | None = None,
) -> Dataset:
    """Read a data set into memory.

    Args:
        name: Such as `mnist`, `digits` (part of scikit-learn, needs no files) or `cifar10`; that of
            a plugin that is in use; or the path of images of one's own, see `snn.data.own`.
        root: Folder with the files of named sets, as torchvision keeps them (`MNIST/raw` …);
            default: `default_root()`.
        download: Whether torchvision may fetch missing files into the folder.
        components: Those that a name can be of; default: the registry that is used now.

    Raises:
        DataError: Files are missing and cannot be fetched, or are not what they should be.
    """
    if is_path(name):
        return own.read(name)
    known = components or registry.current()
    if name not in known.names("dataset"):
        there = known.names("dataset")
        hint = did_you_mean(name, there, f"there are {', '.join(there)};")
        raise DataError(f"data set {name!r} is unknown; {hint} {OWN_IMAGES}")
    folder = Path(root) if root is not None else default_root()
    dataset = known.get("dataset", name).load()(folder, download)
    if not isinstance(dataset, Dataset) or dataset.name != name:
        raise DataError(f"data set {name!r}: is not made as a snn.data.Dataset of this name")
    return dataset


def files(name: str) -> tuple[File, ...]:
    """The files of a named set; those of plugins are not known."""
    component = registry.current().get("dataset", name)
    found = getattr(import_module(component.module), "files", None)
    return found(name) if found is not None and not component.digest else ()


def is_here(name: str, root: Path | None = None) -> bool:
    """Whether all files of a named set are there, or none is needed."""
    folder = root or default_root()
    return all((folder / file.path).exists() for file in files(name))


def verify(name: str, root: Path | str | None = None) -> Iterator[tuple[Path, bool | None]]:
    """Yield every file of a data set with whether it is, byte for byte, the published one.

    None stands for a file whose sum is not known, as it was unpacked from an archive that is gone.

    Raises:
        DataError: A file is missing or cannot be read.
    """
    return checked(files(name), Path(root) if root is not None else default_root())
