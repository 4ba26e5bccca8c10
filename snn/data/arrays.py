"""Checks of the NumPy arrays that callers hand in: images and labels when a `Dataset` is made.

Compiled code and GPUs believe the sizes that they are told, and read beside an array that is
smaller. So whatever comes from outside is checked first; tensors are checked in `snn.data.pixels`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from snn.data.shapes import Shape
from snn.errors import DataError

Bytes = NDArray[np.uint8]
MOST_CLASSES = 256  # labels are bytes


def images_of(name: str, images: Bytes, shape: Shape) -> Bytes:
    """The images (N, height × width × channels), contiguous.

    Args:
        name: Stands in the message.
        images: As they were given.
        shape: Of every image.

    Raises:
        DataError: They are no uint8 array of this width, or there is none.
    """
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        raise DataError(f"{name}: must be a NumPy array of uint8, not {_kind(images)}")
    if images.ndim != 2 or images.shape[1] != shape.n_pixels or not len(images):
        raise DataError(
            f"{name}: must be of shape (images, {shape.n_pixels}), a row per image of {shape} "
            f"numbers, not {images.shape}"
        )
    return np.ascontiguousarray(images)


def labels_of(
    name: str,
    labels: NDArray[np.integer],
    n_images: int,
    n_classes: int,
    what: str = "image",
) -> Bytes:
    """The labels (N,) as contiguous bytes.

    Args:
        name: Stands in the message.
        labels: As they were given, of any integer type.
        n_images: N.
        n_classes: Labels are 0 .. n_classes - 1.
        what: A sample is called so.

    Raises:
        DataError: They are no integers, too many or too few, or of no such class.
    """
    if not isinstance(labels, np.ndarray) or not np.issubdtype(labels.dtype, np.integer):
        raise DataError(f"{name}: must be a NumPy array of integers, not {_kind(labels)}")
    if labels.shape != (n_images,):
        raise DataError(
            f"{name}: must be one per {what}, of shape ({n_images},), not {labels.shape}"
        )
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest < 0 or highest >= n_classes:
        wrong = lowest if lowest < 0 else highest
        raise DataError(f"{name}: must be 0 to {n_classes - 1}, got {wrong}")
    return np.ascontiguousarray(labels, dtype=np.uint8)


def whole_number(name: str, value: int, lowest: int, highest: int) -> int:
    """A whole number within bounds, as a plain int.

    Raises:
        DataError: It is not one, or lies outside.
    """
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_whole or not lowest <= value <= highest:
        raise DataError(f"{name}: must be a whole number from {lowest} to {highest}, got {value!r}")
    return int(value)


def _kind(value: object) -> str:
    return str(value.dtype) if isinstance(value, np.ndarray) else type(value).__name__
