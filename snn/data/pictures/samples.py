"""A picture of some images of a data set: a row a class, from the training images."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from snn.data.dataset import Dataset

_COLUMNS, _ROWS, _LEAST_SIDE = 10, 20, 56


def draw(dataset: Dataset, file: Path) -> None:
    """Write the first images of every class, of 20 classes at most, as a PNG file.

    Args:
        dataset: The images.
        file: Small images are enlarged by a whole number, so that each pixel is seen.

    Raises:
        OSError: The file cannot be written.
    """
    from PIL import Image

    blank = dataset.shape.picture(np.zeros(dataset.n_pixels, dtype=np.uint8))
    rows = []
    for label in range(min(dataset.n_classes, _ROWS)):
        chosen = np.flatnonzero(dataset.train_labels == label)[:_COLUMNS]
        images = [dataset.shape.picture(dataset.train_images[at]) for at in chosen]
        images += [blank] * (_COLUMNS - len(images))
        rows.append(np.concatenate([_framed(image) for image in images], axis=1))
    sheet = np.concatenate(rows)
    scale = max(1, _LEAST_SIDE // max(blank.shape[:2]))
    Image.fromarray(sheet.repeat(scale, axis=0).repeat(scale, axis=1)).save(file)


def _framed(image: np.ndarray) -> np.ndarray:
    """An image with a line of grey at two edges."""
    edges = [(0, 1), (0, 1), (0, 0)][: image.ndim]
    return np.pad(image, edges, constant_values=128)
