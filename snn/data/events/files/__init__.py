"""Events of one's own, by their path.

    dataset: spikes.h5                 the layout of SHD, see `hdf5`; also gzipped
    dataset: recordings/               a folder with *train*.h5 and *test*.h5
    dataset: camera/                   N-MNIST's layout, see `camera`
    dataset: events.npz                arrays of times, units and offsets, see `arrays`
    dataset: spikes.h5@speaker=3       tested on speaker 3, trained on all others

A file whose name has `train` is read with the one beside it whose name has `test` in its place. If
there is one with `valid`, `validation` or `val` in its place, its samples are the validation
samples of every run.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from snn.data.events.dataset import EventDataset
from snn.data.events.files import arrays, camera
from snn.data.events.files.raw import Raw, as_dataset
from snn.data.own import array_files
from snn.data.shapes import Shape
from snn.declarations.data_paths import EVENT_SUFFIXES, mistake
from snn.errors import DataError

_VALIDATION = ("valid", "validation", "val")


def are_events(given: str) -> bool:
    """Whether events lie at a path, rather than images; False where nothing can be read."""
    path = _path(given)
    if mistake(given):
        return False
    try:
        if path.is_dir():
            return bool(_files(path)) or camera.parts_of(path) is not None
        if path.suffix == ".npz":
            return arrays.has_events(array_files.names_in(path))
    except (DataError, OSError):
        return False  # told where images are read
    return _is_hdf5(path)


def read(given: str) -> EventDataset:
    """Read events of one's own into memory.

    Args:
        given: As in a configuration, without options; it is the name of the data set.

    Raises:
        DataError: They are missing, cannot be read, or are no events and labels that fit each
            other; one line, which begins with the path.
    """
    path = _path(given)
    try:
        found = _found(path)
    except FileNotFoundError as error:
        where = error.filename or path
        raise DataError(f"{where}: no such file or folder (in {Path.cwd()})") from None
    except OSError as error:
        where = error.filename or path
        raise DataError(f"{where}: cannot be read: {error.strerror or error}") from None
    return as_dataset(given, found.train, found.test, found.size, valid=found.valid)


def read_hdf5(
    name: str, train: Path, test: Path, units: int, classes: int, valid: Path | None = None
) -> EventDataset:
    """The data set in files of SHD's layout, whose units and classes are known."""
    try:
        found = _hdf5(train, test, valid)
    except OSError as error:
        raise DataError(f"{error.filename}: cannot be read: {error.strerror or error}") from None
    size = Shape(1, units, 1)
    return as_dataset(name, found.train, found.test, size, classes, valid=found.valid)


class _Found(NamedTuple):
    """What lies at a path."""

    train: Raw
    test: Raw | None
    size: Shape | None = None
    valid: Raw | None = None


def _found(path: Path) -> _Found:
    if path.suffix == ".npz":
        return _Found(*arrays.read(path))
    if not path.is_dir():
        return _hdf5(path, _partner(path, "test"), _partner(path, *_VALIDATION))
    files = _files(path)
    if files:
        train, test = _pair(path, files)
        return _hdf5(train, test, _partner(train, *_VALIDATION))
    folders = camera.parts_of(path)
    assert folders is not None, "such a folder is one of images"
    return _Found(*camera.read(*folders))


def _hdf5(train: Path, test: Path | None, valid: Path | None) -> _Found:
    from snn.data.events.files import hdf5

    parts = [None if path is None else hdf5.read(path) for path in (train, test, valid)]
    assert parts[0] is not None
    return _Found(parts[0], parts[1], valid=parts[2])


def _path(given: str) -> Path:
    return Path(given).expanduser()


def _is_hdf5(path: Path) -> bool:
    return path.name.endswith(EVENT_SUFFIXES)


def _files(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if _is_hdf5(each))


def _pair(folder: Path, files: list[Path]) -> tuple[Path, Path | None]:
    """The files for training and test in a folder; one file alone is for both."""
    if len(files) == 1:
        return files[0], None
    train = [each for each in files if "train" in each.name]
    if len(train) != 1 or _partner(train[0], "test") is None:
        raise DataError(
            f"{folder}: has {_listed(files)}; needs one file, or one with train in its name and "
            "one with test in its place"
        )
    return train[0], _partner(train[0], "test")


def _partner(path: Path, *parts: str) -> Path | None:
    """The file beside one for training that is for another part, of these names."""
    names = [path.with_name(path.name.replace("train", part)) for part in parts]
    return next((each for each in names if each != path and each.exists()), None)


def _listed(files: Iterable[Path]) -> str:
    return ", ".join(each.name for each in files)[:200]
