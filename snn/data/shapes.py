"""The shape of images. Imports no torch."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Shape(NamedTuple):
    """The shape of every image of a data set.

    An image is a row of height × width × channels numbers: row by row from the top, pixel by pixel
    from the left, and the channels of a pixel side by side (channels last).

    Attributes:
        height: Pixels from top to bottom.
        width: Pixels from left to right.
        channels: Numbers of a pixel: 1 for grey; 3 for red, green and blue.
    """

    height: int
    width: int
    channels: int = 1

    @property
    def n_pixels(self) -> int:
        """Numbers of an image, which are the inputs of a network."""
        return self.height * self.width * self.channels

    def picture(self, row: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """An image (N,) as it is drawn: (height, width), or (height, width, 3) in colour.

        Channels that are no colour are drawn side by side.
        """
        image = row.reshape(self)
        if self.channels in (1, 3):
            return image.squeeze(2) if self.channels == 1 else image
        return image.transpose(0, 2, 1).reshape(self.height, -1)

    def __str__(self) -> str:
        return " × ".join(str(size) for size in (self if self.channels > 1 else self[:2]))


def known(shape: Shape | None, n_pixels: int) -> Shape:
    """A shape; where it is not known, that of square grey images, or of a row of pixels."""
    return shape or square(n_pixels) or Shape(1, n_pixels)


def square(n_pixels: int) -> Shape | None:
    """The shape of square grey images of so many pixels, if there is one."""
    side = math.isqrt(n_pixels)
    return Shape(side, side) if side * side == n_pixels else None
