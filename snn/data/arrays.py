"""Checks of the arrays that callers hand in.

Compiled code and GPUs believe the sizes that they are told, and read beside an array that is
smaller. So whatever comes from outside passes one of these functions first: images and labels when
a `Dataset` is made, pixels when they are encoded (`snn.encoding.drive`) or enter an `MLP`, weights
when a network is run (`snn.kernels.base`).
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from snn.errors import ArrayError, DataError

Bytes = NDArray[np.uint8]
MOST_CLASSES = 256  # labels are bytes


def check_pixels(pixels: Tensor) -> None:
    """Refuse what is not a dense tensor (B, N) uint8 of at least one pixel of one image.

    Raises:
        ArrayError: It is not.
    """
    if not isinstance(pixels, Tensor):
        raise ArrayError(f"pixels: must be a torch tensor, not {type(pixels).__name__}")
    if pixels.dtype != torch.uint8:
        raise ArrayError(f"pixels: must be uint8, 0 for black to 255, not {pixels.dtype}")
    if pixels.layout != torch.strided:
        raise ArrayError(f"pixels: must be a dense tensor, not {pixels.layout}")
    if pixels.dim() != 2 or pixels.shape[0] == 0 or pixels.shape[1] == 0:
        raise ArrayError(
            f"pixels: must be a row per image, and at least one, not of shape {tuple(pixels.shape)}"
        )


def check_fit(pixels: Tensor, n_pixels: int, weight: Tensor) -> None:
    """Refuse pixels (B, N) that are not of a network's size or not where its weights are.

    Raises:
        ArrayError: N is not `n_pixels`, or the devices differ.
    """
    if pixels.shape[1] != n_pixels:
        raise ArrayError(
            f"pixels: {pixels.shape[1]} per image, but the network has weights for {n_pixels}"
        )
    if pixels.device != weight.device:
        raise ArrayError(f"pixels: on {pixels.device}, but the network is on {weight.device}")


def side_of(pixels: Tensor) -> int:
    """Width and height of square images (B, N).

    Raises:
        ArrayError: N is no square number.
    """
    side = math.isqrt(pixels.shape[1])
    if side * side != pixels.shape[1]:
        raise ArrayError(f"pixels: {pixels.shape[1]} per image are no square")
    return side


def images_of(name: str, images: Bytes, n_pixels: int) -> Bytes:
    """The images (N, n_pixels), contiguous.

    Args:
        name: Stands in the message.
        images: As they were given.
        n_pixels: Of every image.

    Raises:
        DataError: They are no uint8 array of this width, or there is none.
    """
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        raise DataError(f"{name}: must be a NumPy array of uint8, not {_kind(images)}")
    if images.ndim != 2 or images.shape[1] != n_pixels or not len(images):
        raise DataError(
            f"{name}: must be of shape (images, {n_pixels}), a row per image of side² pixels, "
            f"not {images.shape}"
        )
    return np.ascontiguousarray(images)


def labels_of(name: str, labels: NDArray[np.integer], n_images: int, n_classes: int) -> Bytes:
    """The labels (N,) as contiguous bytes.

    Args:
        name: Stands in the message.
        labels: As they were given, of any integer type.
        n_images: N.
        n_classes: Labels are 0 .. n_classes - 1.

    Raises:
        DataError: They are no integers, too many or too few, or of no such class.
    """
    if not isinstance(labels, np.ndarray) or not np.issubdtype(labels.dtype, np.integer):
        raise DataError(f"{name}: must be a NumPy array of integers, not {_kind(labels)}")
    if labels.shape != (n_images,):
        raise DataError(
            f"{name}: must be one per image, of shape ({n_images},), not {labels.shape}"
        )
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest < 0 or highest >= n_classes:
        wrong = lowest if lowest < 0 else highest
        raise DataError(f"{name}: must be 0 to {n_classes - 1}, got {wrong}")
    return np.ascontiguousarray(labels, dtype=np.uint8)


def whole_number(name: str, value: int, lowest: int, highest: int) -> int:
    """A whole number within bounds, as a plain int.

    Raises:
        DataError: It is none.
    """
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_whole or not lowest <= value <= highest:
        raise DataError(f"{name}: must be a whole number from {lowest} to {highest}, got {value!r}")
    return int(value)


def _kind(value: object) -> str:
    return str(value.dtype) if isinstance(value, np.ndarray) else type(value).__name__
