"""Images held out for the test where none are given.

Of every class a fifth, drawn with a fixed seed: the same images in every run, whatever its seed.
A class of two or more images has at least one in either part; a single image is trained on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from snn.data.arrays import Bytes
from snn.data.own.material import Array
from snn.errors import DataError

SHARE, SEED = 0.2, 0


class Parts(NamedTuple):
    """Images and labels of training and test."""

    train_images: Bytes
    train_labels: Array
    test_images: Bytes
    test_labels: Array


def with_test(
    where: str, images: Bytes, labels: Array, test_images: Bytes | None, test_labels: Array | None
) -> Parts:
    """Training and test images, those of the test held out if none are given.

    Raises:
        DataError: No class has two images.
    """
    if test_images is not None and test_labels is not None:
        return Parts(images, labels, test_images, test_labels)
    kept, held = held_out(where, labels)
    return Parts(images[kept], labels[kept], images[held], labels[held])


def held_out(where: str, labels: Array, what: str = "image") -> tuple[Array, Array]:
    """The places of training and of test samples.

    Args:
        where: Stands in the message.
        labels: Of all samples.
        what: A sample is called so.

    Raises:
        DataError: No class has two samples.
    """
    held = np.zeros(len(labels), dtype=bool)
    random = np.random.default_rng(SEED)
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        if len(members) > 1:
            held[members[: max(1, round(SHARE * len(members)))]] = True
    if not held.any():
        raise DataError(
            f"{where}: has {len(labels)} {what}{'s' * (len(labels) > 1)} and no test {what}s, and "
            "no class has two, so that one could be held out for the test"
        )
    return np.flatnonzero(~held), np.flatnonzero(held)
