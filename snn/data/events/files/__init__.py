"""Events of one's own, by their path.

    dataset: spikes.h5                 the layout of SHD, see `hdf5`; also gzipped
    dataset: recordings/               a folder with *train*.h5 and *test*.h5
    dataset: camera/                   N-MNIST's layout, see `camera`
    dataset: events.npz                arrays of times, units and offsets, see `arrays`
    dataset: spikes.h5@speaker=3       tested on speaker 3, trained on all others

A file whose name has `train` is read with the one beside it whose name has `test` in its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from snn.data.events.dataset import EventDataset
from snn.data.events.files import arrays, camera
from snn.data.events.files.raw import Raw, as_dataset
from snn.data.own import array_files
from snn.data.shapes import Shape
from snn.declarations.data_paths import EVENT_SUFFIXES, mistake
from snn.errors import DataError


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
        train, test, size = _found(path)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file or folder (in {Path.cwd()})") from None
    except OSError as error:
        where = error.filename or path
        raise DataError(f"{where}: cannot be read: {error.strerror or error}") from None
    return as_dataset(given, train, test, size)


def read_hdf5(
    name: str, train: Path, test: Path | None, units: int = 0, classes: int = 0
) -> EventDataset:
    """The data set in files of SHD's layout; units and classes where they are known."""
    from snn.data.events.files import hdf5

    try:
        parts = [hdf5.read(path) for path in (train, test) if path is not None]
    except OSError as error:
        raise DataError(f"{error.filename}: cannot be read: {error.strerror or error}") from None
    size = Shape(1, units, 1) if units else None
    return as_dataset(name, parts[0], parts[1] if test is not None else None, size, classes)


def _found(path: Path) -> tuple[Raw, Raw | None, Shape | None]:
    from snn.data.events.files import hdf5

    if path.suffix == ".npz":
        return arrays.read(path)
    if not path.is_dir():
        test = _partner(path)
        return hdf5.read(path), hdf5.read(test) if test else None, None
    files = _files(path)
    if files:
        train, test = _pair(path, files)
        return hdf5.read(train), hdf5.read(test) if test else None, None
    folders = camera.parts_of(path)
    assert folders is not None, "such a folder is one of images"
    return camera.read(*folders)


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
    if len(train) != 1 or _partner(train[0]) is None:
        raise DataError(
            f"{folder}: has {_listed(files)}; needs one file, or one with train in its name and "
            "one with test in its place"
        )
    return train[0], _partner(train[0])


def _partner(path: Path) -> Path | None:
    test = path.with_name(path.name.replace("train", "test"))
    return test if test != path and test.exists() else None


def _listed(files: Iterable[Path]) -> str:
    return ", ".join(each.name for each in files)[:200]
