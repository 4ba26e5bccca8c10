"""Training images mirrored, shifted and turned at random, each on its own."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from snn.data.pixels import check_pixels, side_of


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

    def __call__(self, pixels: Tensor, moves: Moves) -> Tensor:
        """Images (B, side²) uint8, turned about their centres, then shifted, then mirrored.

        Raises:
            ArrayError: The pixels are no square images of bytes.
        """
        check_pixels(pixels)
        side = side_of(pixels)
        if moves.uniform.numel():
            pixels = self._moved(pixels, side, moves.uniform.to(pixels.device))
        if moves.mirrored.numel():
            pixels = _mirrored(pixels, side, moves.mirrored.to(pixels.device))
        return pixels

    def _moved(self, pixels: Tensor, side: int, draws: Tensor) -> Tensor:
        angle = draws[:, 0] * math.radians(self.rotation)
        move = draws[:, 1:] * (2 * self.shift / side)  # the grid goes from -1 to 1
        cos, sin = angle.cos(), angle.sin()
        rows = [torch.stack([cos, -sin, move[:, 0]], 1), torch.stack([sin, cos, move[:, 1]], 1)]
        shape = (len(pixels), 1, side, side)
        grid = functional.affine_grid(torch.stack(rows, 1), list(shape), align_corners=False)
        images = functional.grid_sample(pixels.reshape(shape).float(), grid, align_corners=False)
        return images.round_().to(torch.uint8).view(len(pixels), -1)


def _mirrored(pixels: Tensor, side: int, chosen: Tensor) -> Tensor:
    images = pixels.reshape(len(pixels), side, side)
    return torch.where(chosen[:, None, None], images.flip(2), images).view(len(pixels), -1)
