"""Pictures in a folder for each class; two folders `train` and `test` may stand above.

    photos/cat/1.png            photos/train/cat/1.png
    photos/dog/1.jpg            photos/test/cat/7.png

The classes are the names of the folders in their order; names that are all numbers are in the order
of the numbers. Hidden files are left out. All pictures have one size, or are brought to one that is
asked for (`photos/@28`). They are grey if all are stored as grey, unless something is asked for.
How a picture is read is said in `snn.data.pictures.reading`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from snn.data.arrays import MOST_CLASSES, Bytes
from snn.data.own.location import Location
from snn.data.own.material import Material, require_memory
from snn.data.pictures.reading import read_picture, shape_of_picture
from snn.data.shapes import Shape
from snn.errors import DataError

_SUFFIXES = (".png", ".jpg", ".jpeg")
_PARTS = ("train", "test")


def read(place: Location) -> Material:
    """The pictures below a folder, with the numbers of their classes.

    Raises:
        DataError: There are no classes, or too many; a class is empty; a file is no picture; sizes
            differ.
        OSError: Something cannot be read.
    """
    folder = place.path
    inside = _folders(folder)
    parts = {each.name: each for each in inside}
    has_parts = "train" in parts
    if has_parts and set(parts) - set(_PARTS):
        other = sorted(set(parts) - set(_PARTS))[0]
        raise DataError(f"{folder}: has train/ and, beside it, {other}/; only test/ may be there")
    train = _classes(parts["train"] if has_parts else folder)
    names = list(train)
    test = _classes(parts["test"]) if has_parts and "test" in parts else {}
    for name in test:
        if name not in train:
            raise DataError(f"{folder}: class {name} is in test/ and not in train/")
    pictures = [path for paths in (*train.values(), *test.values()) for path in paths]
    shape = _shape(place, pictures)
    require_memory(str(folder), len(pictures) * shape.n_pixels)
    return Material(
        train_images=_images(train.values(), shape),
        train_labels=_labels(names, train),
        test_images=_images(test.values(), shape) if test else None,
        test_labels=_labels(names, test) if test else None,
        names=("train", "labels of train", "test", "labels of test"),
        class_names=tuple(names),
    )


def _classes(folder: Path) -> dict[str, list[Path]]:
    """The pictures of every class."""
    found = _folders(folder)
    if not found:
        raise DataError(f"{folder}: has no class folders (such as {folder}/cat/1.png), and no .npy")
    if len(found) > MOST_CLASSES:
        raise DataError(f"{folder}: has {len(found):,} class folders; {MOST_CLASSES} are allowed")
    numbers = all(each.name.isascii() and each.name.isdigit() for each in found)
    ordered = sorted(found, key=lambda each: (int(each.name) if numbers else 0, each.name))
    return {each.name: _pictures(each) for each in ordered}


def _pictures(folder: Path) -> list[Path]:
    found = _visible(folder)
    for path in found:
        if path.suffix.lower() not in _SUFFIXES:
            what = "is a folder in the folder of a class" if path.is_dir() else "is no PNG or JPEG"
            raise DataError(f"{path}: {what}; allowed are {', '.join(_SUFFIXES)}")
    if not found:
        raise DataError(f"{folder}: the class has no pictures")
    return found


def _folders(folder: Path) -> list[Path]:
    return [each for each in _visible(folder) if each.is_dir()]


def _visible(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if not each.name.startswith("."))


def _shape(place: Location, pictures: Sequence[Path]) -> Shape:
    """What all pictures are brought to."""
    size, channels = place.size, place.channels
    if size is None or channels is None:
        shapes = {path: shape_of_picture(path) for path in pictures}
        first = pictures[0]
        if size is None:
            size = shapes[first][:2]
            for path, shape in shapes.items():
                if shape[:2] != size:
                    raise DataError(
                        f"{place.path}: sizes differ: {_relative(first, place)} is "
                        f"{Shape(*size)} and {_relative(path, place)} {Shape(*shape[:2])}; "
                        f"bring them to one: {place.path}/@28 or @24x32"
                    )
        if channels is None:
            channels = max(shape.channels for shape in shapes.values())
    return Shape(*size, channels)


def _relative(path: Path, place: Location) -> str:
    return str(path.relative_to(place.path))


def _images(classes: Iterable[list[Path]], shape: Shape) -> Bytes:
    paths = [path for paths in classes for path in paths]
    images = np.empty((len(paths), *shape), dtype=np.uint8)
    for image, path in zip(images, paths, strict=True):
        image[...] = read_picture(path, shape).reshape(shape)
    return images


def _labels(names: Sequence[str], classes: dict[str, list[Path]]) -> Bytes:
    counts = [len(classes.get(name, ())) for name in names]
    return np.repeat(np.arange(len(names)), counts).astype(np.uint8)
