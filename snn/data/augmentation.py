"""Training images shifted and turned at random, each on its own."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional


def augment(pixels: Tensor, shift: float, rotation: float, generator: torch.Generator) -> Tensor:
    """Images (B, side²) uint8, turned about their centres and then shifted; what comes in is black.

    Angles and shifts are uniform; pixels between four others are interpolated bilinearly.

    Args:
        pixels: Images, row by row.
        shift: At most so many pixels, in each direction.
        rotation: At most so many degrees, either way.
        generator: On the CPU, whatever the device, so that a GPU sees the same images.
    """
    if not shift and not rotation:
        return pixels
    side = math.isqrt(pixels.shape[1])
    draws = torch.rand(len(pixels), 3, generator=generator).mul_(2).sub_(1).to(pixels.device)
    angle = draws[:, 0] * math.radians(rotation)
    move = draws[:, 1:] * (2 * shift / side)  # the grid goes from -1 to 1
    cos, sin = angle.cos(), angle.sin()
    rows = [torch.stack([cos, -sin, move[:, 0]], 1), torch.stack([sin, cos, move[:, 1]], 1)]
    shape = (len(pixels), 1, side, side)
    grid = functional.affine_grid(torch.stack(rows, 1), list(shape), align_corners=False)
    images = functional.grid_sample(pixels.view(shape).float(), grid, align_corners=False)
    return images.round_().to(torch.uint8).view(len(pixels), -1)
