"""A data set in memory. Imports no torch: the driver of a sweep reads it, too."""

from __future__ import annotations

import hashlib
from dataclasses import InitVar, dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from snn.data.arrays import MOST_CLASSES, Bytes, images_of, labels_of, whole_number
from snn.data.base import Data, Places, Seen
from snn.data.shapes import Shape, square

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from snn.config import TrialConfig

_LARGEST_SIDE = 2**15


@dataclass(frozen=True, kw_only=True)
class Dataset(Data, Seen):
    """Images and labels as they come from disk.

    Attributes:
        name: As in `TrialConfig.dataset`.
        height: Of every image in pixels.
        width: Of every image in pixels.
        channels: Numbers of a pixel: 1 for grey; 3 for red, green and blue.
        n_classes: Number of labels, 2 to 256; labels are 0 .. n_classes - 1.
        train_images: (N, height × width × channels) uint8: images row by row, the channels of a
            pixel side by side. That is `images.reshape(N, -1)` of (N, height, width, channels).
        train_labels: (N,) uint8; given as integers of any type.
        test_images: (M, height × width × channels) uint8.
        test_labels: (M,) uint8; given as integers of any type.
        class_names: A name of each class, or none at all.

    `side=28` stands for `height=28, width=28`.

    NumPy arrays rather than tensors, because an object store shares those without copying. All are
    contiguous; arrays that are given otherwise are copied.

    Raises:
        DataError: An array is not of this type, shape or range, or there is no image.
    """

    name: str
    height: int = 0
    width: int = 0
    channels: int = 1
    n_classes: int
    train_images: Bytes
    train_labels: Bytes
    test_images: Bytes
    test_labels: Bytes
    class_names: tuple[str, ...] = ()
    side: InitVar[int | None] = None

    content = "images"
    sample = "image"

    def __post_init__(self, side: int | None) -> None:
        sizes = {"height": self.height, "width": self.width, "channels": self.channels}
        if side is not None:
            sizes["height"] = sizes["width"] = whole_number("side", side, 1, _LARGEST_SIDE)
        for name, size in sizes.items():
            object.__setattr__(self, name, whole_number(name, size, 1, _LARGEST_SIDE))
        checked: dict[str, int | Bytes] = {
            "n_classes": whole_number("n_classes", self.n_classes, 2, MOST_CLASSES),
            "train_images": images_of("train_images", self.train_images, self.shape),
            "test_images": images_of("test_images", self.test_images, self.shape),
        }
        for name, images in (
            ("train_labels", self.train_images),
            ("test_labels", self.test_images),
        ):
            checked[name] = labels_of(name, getattr(self, name), len(images), self.n_classes)
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @property
    def shape(self) -> Shape:
        """Height, width and channels of every image."""
        return Shape(self.height, self.width, self.channels)

    @property
    def n_pixels(self) -> int:
        """Numbers per image, which are the inputs of a network: height × width × channels."""
        return self.shape.n_pixels

    @cached_property
    def sha256(self) -> str:
        """Digest of all images and labels: equal data, equal digest, wherever it was read from.

        The shape and the number of classes are in it where they do not follow from the arrays.
        """
        digest = hashlib.sha256()
        about = (*self.shape, self.n_classes)
        if about != (*(square(self.n_pixels) or ()), int(self.train_labels.max()) + 1):
            digest.update(repr(about).encode())
        for array in (self.train_images, self.train_labels, self.test_images, self.test_labels):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    @property
    def sizes(self) -> str:
        """How many images, of what shape, and how many classes."""
        n_train, n_test = len(self.train_labels), len(self.test_labels)
        return f"{n_train} + {n_test} images  {self.shape}  {self.n_classes} classes"

    def describe(self) -> list[str]:
        """The range of the pixels."""
        low, high, mean = (
            self.train_images.min(),
            self.train_images.max(),
            self.train_images.mean(),
        )
        return [
            f"{'inputs':<10} {self.n_pixels}",
            *_as_sequence(self.shape),
            f"{'range':<10} {low} to {high}, mean {mean:.1f} (training)",
        ]

    def draw(self, file: Path) -> None:
        """Write the first images of every class; see `snn.data.pictures.samples`."""
        from snn.data.pictures.samples import draw

        draw(self.train_images, self.train_labels, self.shape, self.n_classes, file)

    def seen_by(self, config: TrialConfig) -> Dataset:
        """The images themselves, whatever the configuration."""
        return self

    def train(self, places: Places) -> Tensor:
        """(B, height × width × channels) uint8, training images at these places."""
        import torch

        return torch.from_numpy(self.train_images[places])

    def test(self) -> Tensor:
        """(M, height × width × channels) uint8, all test images."""
        import torch

        return torch.from_numpy(self.test_images.copy())


def _as_sequence(shape: Shape) -> list[str]:
    """What the encodings that show an image piece by piece make of it; of one row, they do not."""
    if shape.height == 1:
        return []
    of_rows = f"rows: {shape.height} steps of {shape.width * shape.channels} inputs"
    of_pixels = f"pixels: {shape.height * shape.width} steps of {shape.channels}"
    return [f"{'sequence':<10} {of_rows}; {of_pixels}"]
