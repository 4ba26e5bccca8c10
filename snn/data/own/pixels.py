"""Arrays of numbers as images of bytes, 0 for black to 255 for white.

Shapes:

    (N, height, width)             grey
    (N, height, width, channels)   1, 3 or 4 channels last
    (N, channels, height, width)   1, 3 or 4 channels first, if the last axis is none of these
    (N, P)                         square and grey if P is a square number, else one row of P pixels

Numbers, by the highest of the training images; test images have the same range:

    whole       up to 1: 1 is white; up to 255: as they are
    fractions   up to 1: 1 is white; up to 255: 255 is white; rounded to whole bytes
    true, false 1 is white

All else is refused: higher or negative numbers, NaN.
"""

from __future__ import annotations

import numpy as np

from snn.data.arrays import Bytes
from snn.data.own.material import Array, Material
from snn.data.shapes import Shape, square
from snn.errors import DataError

_CHANNELS = (1, 3, 4)


def as_bytes(where: str, material: Material) -> tuple[Bytes, Bytes | None, Shape]:
    """Training and test images (N, height × width × channels), and their shape.

    Args:
        where: Stands in messages.
        material: The arrays.

    Raises:
        DataError: They are no images by the rules above, or not of one shape.
    """
    train_name, _, test_name, _ = material.names
    train, shape = _shaped(f"{where}: {train_name}", material.train_images)
    white = _white(f"{where}: {train_name}", train)
    if material.test_images is None:
        return _scaled(train, white), None, shape
    test, test_shape = _shaped(f"{where}: {test_name}", material.test_images)
    if test_shape != shape:
        raise DataError(f"{where}: training images are {shape}, and test images {test_shape}")
    highest = _highest(f"{where}: {test_name}", test)
    if highest > white:
        raise DataError(
            f"{where}: {test_name}: reach {highest:g}, and training images {white} at most"
        )
    return _scaled(train, white), _scaled(test, white), shape


def _shaped(where: str, images: Array) -> tuple[Array, Shape]:
    """Images (N, P), channels last."""
    if images.dtype.kind not in "biuf":
        raise DataError(f"{where}: must be numbers, not {images.dtype}")
    if images.ndim < 2 or images.ndim > 4 or not images.size:
        raise DataError(
            f"{where}: must be of shape (images, height, width) or with channels behind, "
            f"not {images.shape}"
        )
    if images.ndim == 2:
        n_pixels = images.shape[1]
        return images, square(n_pixels) or Shape(1, n_pixels)
    if images.ndim == 4 and images.shape[3] not in _CHANNELS:
        if images.shape[1] not in _CHANNELS:
            raise DataError(
                f"{where}: of shape {images.shape}: neither the last axis nor the second is of "
                "1, 3 or 4 channels"
            )
        images = images.transpose(0, 2, 3, 1)
    return images.reshape(len(images), -1), Shape(*images.shape[1:])


def _white(where: str, images: Array) -> int:
    """The number that is white."""
    highest = _highest(where, images)
    if highest > 255:
        raise DataError(
            f"{where}: must be 0 to 1 or 0 to 255, got {highest:g}; divide by the highest value"
        )
    return 1 if highest <= 1 else 255


def _highest(where: str, images: Array) -> float:
    if images.dtype.kind == "b":
        return 1.0
    lowest, highest = images.min(), images.max()
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        raise DataError(f"{where}: has values that are not finite (NaN or infinite)")
    if lowest < 0:
        raise DataError(f"{where}: must be 0 to 1 or 0 to 255, got {lowest:g}; shift them to 0")
    return float(highest)


def _scaled(images: Array, white: int) -> Bytes:
    if images.dtype == np.uint8 and white == 255:
        return images
    if images.dtype.kind in "biu":
        return images.astype(np.uint8) * np.uint8(255 // white)
    scaled = images.astype(np.float32) * np.float32(255 / white)
    rounded: Bytes = np.rint(scaled).astype(np.uint8)
    return rounded
