"""A picture of some images of a data set: a row a class, from the training images."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from snn.data.arrays import Bytes
from snn.data.shapes import Shape

_COLUMNS, _ROWS, _LEAST_SIDE = 10, 20, 56


def draw(images: Bytes, labels: Bytes, shape: Shape, n_classes: int, file: Path) -> None:
    """Write the first images of every class, of 20 classes at most, as a PNG file.

    Args:
        images: (N, height × width × channels).
        labels: (N,).
        shape: Of the images.
        n_classes: A row each.
        file: Small images are enlarged by a whole number, so that each pixel is seen.

    Raises:
        OSError: The file cannot be written.
    """
    from PIL import Image

    blank = shape.picture(np.zeros(shape.n_pixels, dtype=np.uint8))
    rows = []
    for label in range(min(n_classes, _ROWS)):
        chosen = np.flatnonzero(labels == label)[:_COLUMNS]
        drawn = [shape.picture(images[at]) for at in chosen]
        drawn += [blank] * (_COLUMNS - len(drawn))
        rows.append(np.concatenate([_framed(image) for image in drawn], axis=1))
    sheet = np.concatenate(rows)
    scale = max(1, _LEAST_SIDE // max(blank.shape[:2]))
    Image.fromarray(sheet.repeat(scale, axis=0).repeat(scale, axis=1)).save(file)


def _framed(image: np.ndarray) -> np.ndarray:
    """An image with a line of grey at two edges."""
    edges = [(0, 1), (0, 1), (0, 0)][: image.ndim]
    return np.pad(image, edges, constant_values=128)
