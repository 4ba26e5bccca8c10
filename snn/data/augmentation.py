"""Training images mirrored, shifted and turned at random, each on its own."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from snn.arrays import check_pixels, side_of


def augment(
    pixels: Tensor,
    shift: float,
    rotation: float,
    generator: torch.Generator,
    *,
    mirror: bool = False,
) -> Tensor:
    """Images (B, side²) uint8, turned about their centres and then shifted; what comes in is black.

    Angles and shifts are uniform; pixels between four others are interpolated bilinearly.

    Args:
        pixels: Images, row by row.
        shift: At most so many pixels, in each direction.
        rotation: At most so many degrees, either way.
        generator: On the CPU, whatever the device, so that a GPU sees the same images.
        mirror: Whether left and right change sides in every second image.

    Raises:
        ArrayError: The pixels are no square images of bytes.
    """
    check_pixels(pixels)
    side = side_of(pixels)
    if shift or rotation:
        pixels = _moved(pixels, side, shift, rotation, generator)
    return _mirrored(pixels, side, generator) if mirror else pixels


def _mirrored(pixels: Tensor, side: int, generator: torch.Generator) -> Tensor:
    images = pixels.reshape(len(pixels), side, side)
    chosen = (torch.rand(len(pixels), generator=generator) < 0.5).to(pixels.device)
    return torch.where(chosen[:, None, None], images.flip(2), images).view(len(pixels), -1)


def _moved(
    pixels: Tensor, side: int, shift: float, rotation: float, generator: torch.Generator
) -> Tensor:
    draws = torch.rand(len(pixels), 3, generator=generator).mul_(2).sub_(1).to(pixels.device)
    angle = draws[:, 0] * math.radians(rotation)
    move = draws[:, 1:] * (2 * shift / side)  # the grid goes from -1 to 1
    cos, sin = angle.cos(), angle.sin()
    rows = [torch.stack([cos, -sin, move[:, 0]], 1), torch.stack([sin, cos, move[:, 1]], 1)]
    shape = (len(pixels), 1, side, side)
    grid = functional.affine_grid(torch.stack(rows, 1), list(shape), align_corners=False)
    images = functional.grid_sample(pixels.reshape(shape).float(), grid, align_corners=False)
    return images.round_().to(torch.uint8).view(len(pixels), -1)
