"""Labels as numbers of classes, 0 to C - 1.

Labels are whole numbers from 0 on, or texts, which are numbered in the order of the alphabet. There
are as many classes as the highest training label says; that there is no image of some is allowed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from snn.data.arrays import MOST_CLASSES
from snn.data.own.material import Array, Material
from snn.errors import DataError


class Classes(NamedTuple):
    """Labels (N,) of integers, and the names of the C classes where they have some."""

    train: Array
    test: Array | None
    n_classes: int
    names: tuple[str, ...]


def as_classes(where: str, material: Material) -> Classes:
    """The labels of training and test images as numbers.

    Raises:
        DataError: They are no labels by the rules above, or not one for each image.
    """
    _, train_name, _, test_name = material.names
    train = _one_each(f"{where}: {train_name}", material.train_labels, len(material.train_images))
    test, names = None, material.class_names
    if material.test_images is not None and material.test_labels is not None:
        n_tests = len(material.test_images)
        test = _one_each(f"{where}: {test_name}", material.test_labels, n_tests)
    if train.dtype.kind in "US":
        train, test, names = _numbered(where, train, test)
    n_classes = max(_counted(f"{where}: {train_name}", train), len(names))
    if test is not None:
        highest = _counted(f"{where}: {test_name}", test, first=None) - 1
        if highest >= n_classes:
            raise DataError(
                f"{where}: {test_name}: must be 0 to {n_classes - 1} as in training, got {highest}"
            )
    if n_classes < 2:
        raise DataError(f"{where}: {train_name}: there is one class; at least 2 are needed")
    return Classes(train, test, n_classes, names)


def _one_each(where: str, labels: Array, n_images: int) -> Array:
    if labels.shape == (n_images, 1):
        labels = labels.ravel()
    if labels.shape != (n_images,):
        one_hot = labels.ndim == 2 and len(labels) == n_images
        hint = "; of one-hot labels take labels.argmax(axis=1)" if one_hot else ""
        raise DataError(
            f"{where}: must be one per image, of shape ({n_images},), not {labels.shape}{hint}"
        )
    if labels.dtype.kind not in "biuUS":
        raise DataError(f"{where}: must be whole numbers or texts, not {labels.dtype}")
    return labels


def _numbered(
    where: str, train: Array, test: Array | None
) -> tuple[Array, Array | None, tuple[str, ...]]:
    """Texts as their numbers."""
    found = np.unique(train)
    if len(found) > MOST_CLASSES:
        raise DataError(_too_many(where, len(found)))
    if test is not None:
        strange = np.setdiff1d(test, found)
        if len(strange):
            raise DataError(f"{where}: class {strange[0]} is among the test labels only")
        test = np.searchsorted(found, test)
    return np.searchsorted(found, train), test, tuple(str(name) for name in found)


def _counted(where: str, labels: Array, first: int | None = 0) -> int:
    """The highest label and one."""
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest < 0:
        raise DataError(f"{where}: must be 0 or more, got {lowest}")
    if first is not None and lowest > first:
        raise DataError(
            f"{where}: are {lowest} to {highest}, and labels begin with 0; subtract {lowest}"
        )
    if highest >= MOST_CLASSES:
        raise DataError(_too_many(where, highest + 1))
    return highest + 1


def _too_many(where: str, n_classes: int) -> str:
    return f"{where}: {n_classes:,} classes; {MOST_CLASSES} are allowed"
