"""Training images mirrored, shifted and turned at random, each on its own."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from snn.data.pixels import check_pixels, shape_of
from snn.data.shapes import Shape


class Moves(NamedTuple):
    """The random numbers for B images; drawn on the CPU, so that a GPU sees the same images.

    Attributes:
        uniform: (B, 3) in [-1, 1], of the angle and the shifts; (B, 0) if nothing moves.
        mirrored: (B,) whether left and right change sides; (0,) if they never do.
    """

    uniform: Tensor
    mirrored: Tensor


class Augmentation(NamedTuple):
    """What is done to images, and how much of it.

    Angles and shifts are uniform; pixels between four others are interpolated bilinearly. What
    comes in from outside is black.

    Attributes:
        shift: At most so many pixels, in each direction.
        rotation: At most so many degrees, either way.
        mirror: Whether left and right change sides in every second image.
    """

    shift: float = 0.0
    rotation: float = 0.0
    mirror: bool = False

    def draw(self, n_images: int, generator: torch.Generator) -> Moves:
        """The random numbers of a batch, from a generator on the CPU."""
        uniform, mirrored = torch.empty(n_images, 0), torch.empty(0, dtype=torch.bool)
        if self.shift or self.rotation:
            uniform = torch.rand(n_images, 3, generator=generator).mul_(2).sub_(1)
        if self.mirror:
            mirrored = torch.rand(n_images, generator=generator) < 0.5
        return Moves(uniform, mirrored)

    def __call__(self, pixels: Tensor, moves: Moves, shape: Shape | None = None) -> Tensor:
        """Images (B, N) uint8, turned about their centres, then shifted, then mirrored.

        All channels of an image are moved alike.

        Args:
            pixels: N = height × width × channels, the channels of a pixel side by side.
            moves: As `draw` gives them.
            shape: Of every image; default: square and grey.

        Raises:
            ArrayError: The pixels are no images of this shape of bytes.
        """
        check_pixels(pixels)
        shape = shape_of(pixels, shape)
        if moves.uniform.numel():
            pixels = self._moved(pixels, shape, moves.uniform.to(pixels.device))
        if moves.mirrored.numel():
            pixels = _mirrored(pixels, shape, moves.mirrored.to(pixels.device))
        return pixels

    def _moved(self, pixels: Tensor, shape: Shape, draws: Tensor) -> Tensor:
        # The grid goes from -1 to 1 in both directions, whatever the number of pixels is.
        height, width, _ = shape
        angle = draws[:, 0] * math.radians(self.rotation)
        right, down = (
            draws[:, 1] * (2 * self.shift / width),
            draws[:, 2] * (2 * self.shift / height),
        )
        cos, sin = angle.cos(), angle.sin()
        rows = [
            torch.stack([cos, -sin * (height / width), right], 1),
            torch.stack([sin * (width / height), cos, down], 1),
        ]
        images = pixels.reshape(len(pixels), *shape).permute(0, 3, 1, 2)
        grid = functional.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
        moved = functional.grid_sample(images.float(), grid, align_corners=False)
        return moved.round_().to(torch.uint8).permute(0, 2, 3, 1).reshape(len(pixels), -1)


def _mirrored(pixels: Tensor, shape: Shape, chosen: Tensor) -> Tensor:
    images = pixels.reshape(len(pixels), *shape)
    return torch.where(chosen[:, None, None, None], images.flip(2), images).view(len(pixels), -1)
