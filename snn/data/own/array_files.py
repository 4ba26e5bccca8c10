"""Arrays in an `.npz` file, or in `.npy` files that lie side by side.

Names consist of words with `_` between, in any order and case: one for what it is and, where there
are two parts, `train` or `test`.

    images   x, images, image, data
    labels   y, labels, label, targets, target

So `x_train`, `train_images`, `images`, `faces_images_train` are images. An array with another word
in place of `train`, such as `val`, is not used. Arrays of Python objects (pickles) are never read.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from snn.data.files import require_file
from snn.data.own.material import Array, Material, require_memory
from snn.declarations.data_paths import SUFFIXES
from snn.errors import DataError

_IMAGES = ("x", "images", "image", "data")
_LABELS = ("y", "labels", "label", "targets", "target")
_WANTED = "x_train, y_train, x_test, y_test; train_images, train_labels; or images, labels"
_Open = Callable[[str], IO[bytes]]


def is_folder_of_arrays(folder: Path) -> bool:
    """Whether a folder has files of arrays, and no folders of classes."""
    inside = [each for each in folder.iterdir() if not each.name.startswith(".")]
    return any(each.suffix == ".npy" for each in inside) and not any(e.is_dir() for e in inside)


def read(path: Path) -> Material:
    """The arrays of a file, or those that lie beside it.

    Raises:
        DataError: It is no such file, is damaged, or has no images with labels.
        OSError: It cannot be read.
    """
    if not path.exists() and not path.is_symlink():
        raise DataError(f"{path}: no such file or folder (in {Path.cwd()})")
    if path.is_dir():
        return _of_files(path, None)
    if path.suffix == ".npy":
        return _of_files(path.parent, path.stem)
    if path.suffix not in SUFFIXES:
        raise DataError(f"{path}: must be a folder, or a file that ends in .npz or .npy")
    require_file(path)
    with path.open("rb") as file, _told(path), zipfile.ZipFile(file) as archive:
        return _found(str(path), _names(archive), None, lambda name: archive.open(f"{name}.npy"))


def names_in(path: Path) -> list[str]:
    """The names of the arrays in an `.npz` file.

    Raises:
        DataError: It is damaged, or no such file.
        OSError: It cannot be read.
    """
    require_file(path)
    with path.open("rb") as file, _told(path), zipfile.ZipFile(file) as archive:
        return _names(archive)


def arrays_in(path: Path, names: Collection[str]) -> dict[str, Array]:
    """Arrays of an `.npz` file by their names; errors as of `names_in`."""
    with path.open("rb") as file, _told(path), zipfile.ZipFile(file) as archive:
        return _arrays(str(path), list(names), lambda name: archive.open(f"{name}.npy"))


def _names(archive: zipfile.ZipFile) -> list[str]:
    return [each.removesuffix(".npy") for each in archive.namelist()]


def _of_files(folder: Path, start: str | None) -> Material:
    files = sorted(folder.glob("*.npy"))
    for each in files:
        require_file(each)
    names = [each.stem for each in files]
    where = str(folder if start is None else folder / f"{start}.npy")
    return _found(where, names, start, lambda name: (folder / f"{name}.npy").open("rb"))


def _found(where: str, names: Collection[str], start: str | None, open_: _Open) -> Material:
    images = start or _images_among(where, names)
    words = _words(images)
    if start is not None and (not set(words) & set(_IMAGES) or "test" in words):
        raise DataError(f"{where}: is not named as training images; names: {_WANTED}")
    labels = _partner(names, words, _LABELS)
    if labels is None:
        raise DataError(f"{where}: has images {images}, and no labels; names: {_WANTED}")
    test_words = ["test" if word == "train" else word for word in words]
    tests = _named(names, test_words) if "train" in words else None
    test_labels = _partner(names, test_words, _LABELS) if tests else None
    if tests and not test_labels:
        raise DataError(f"{where}: has test images {tests}, and no labels of them")
    wanted = [name for name in (images, labels, tests, test_labels) if name]
    arrays = _arrays(where, wanted, open_)
    return Material(
        train_images=arrays[images],
        train_labels=arrays[labels],
        test_images=arrays[tests] if tests else None,
        test_labels=arrays[test_labels] if test_labels else None,
        names=(images, labels, tests or "", test_labels or ""),
    )


def _images_among(where: str, names: Collection[str]) -> str:
    found = [
        name
        for name in names
        if set(_words(name)) & set(_IMAGES) and not {"test", "val"} & set(_words(name))
    ]
    train = [name for name in found if "train" in _words(name)] or found
    if len(train) != 1:
        which = f"several ({', '.join(train)})" if train else "none"
        there = ", ".join(sorted(names)[:8]) or "nothing"
        raise DataError(
            f"{where}: training images are found by their name, and there are {which}; it has "
            f"{there[:200]}; names: {_WANTED}"
        )
    return train[0]


def _words(name: str) -> list[str]:
    return name.lower().split("_")


def _named(names: Collection[str], words: list[str]) -> str | None:
    return next((name for name in names if _words(name) == words), None)


def _partner(names: Collection[str], words: list[str], kinds: tuple[str, ...]) -> str | None:
    """The array whose name is the same but for the word that says what it is."""
    place = next(at for at, word in enumerate(words) if word in _IMAGES)
    for kind in kinds:
        found = _named(names, [*words[:place], kind, *words[place + 1 :]])
        if found:
            return found
    return None


def _arrays(where: str, names: Collection[str], open_: _Open) -> dict[str, Array]:
    """The arrays of these names; their sizes are believed only as far as there is memory."""
    sizes = [_size(f"{where}: {name}", open_(name)) for name in names]
    require_memory(where, sum(sizes))
    return {name: _array(f"{where}: {name}", open_(name)) for name in names}


def _size(where: str, file: IO[bytes]) -> int:
    """The bytes that an array announces."""
    with file, _told(where):
        major, _ = np.lib.format.read_magic(file)
        head = {
            1: np.lib.format.read_array_header_1_0,
            2: np.lib.format.read_array_header_2_0,
        }[major]
        shape, _, dtype = head(file)
    if dtype.hasobject:
        raise DataError(f"{where}: has Python objects, which can run code and are never read")
    return int(np.prod([int(size) for size in shape], dtype=object)) * dtype.itemsize


def _array(where: str, file: IO[bytes]) -> Array:
    with file, _told(where):
        found: Any = np.lib.format.read_array(file, allow_pickle=False)
        return np.asarray(found)


@contextmanager
def _told(where: Path | str) -> Iterator[None]:
    """Say in one line what NumPy and zipfile raise for a file that they cannot read."""
    try:
        yield
    except DataError:
        raise
    except (FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except Exception:  # they raise a dozen kinds
        raise DataError(f"{where}: is damaged, or no file of NumPy's") from None
