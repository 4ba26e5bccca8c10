"""Checks of the tensors that callers hand in.

Pixels are checked when they are encoded (`snn.encoding.drive`) or enter an `MLP`, weights when a
network is run (`snn.kernels.base`). Arrays of a data set are checked in `snn.data.arrays`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from snn.data.shapes import Shape, square
from snn.errors import ArrayError


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


def check_fit(n_inputs: int, device: torch.device, n_weights: int, weight: Tensor) -> None:
    """Refuse an input that is not of a network's size or not where its weights are.

    Args:
        n_inputs: Of every sample.
        device: Of the input.
        n_weights: Inputs that the network has weights for.
        weight: Some of the network.

    Raises:
        ArrayError: The numbers or the devices differ.
    """
    if n_inputs != n_weights:
        raise ArrayError(
            f"input: {n_inputs} per image, but the network has weights for {n_weights}"
        )
    if device != weight.device:
        raise ArrayError(f"input: on {device}, but the network is on {weight.device}")


def shape_of(pixels: Tensor, shape: Shape | None = None) -> Shape:
    """The shape of images (B, N); they are square and grey if it is not known.

    Raises:
        ArrayError: N is not that of the shape, or no square number.
    """
    n_pixels = pixels.shape[1]
    found = shape or square(n_pixels)
    if found is None:
        raise ArrayError(f"pixels: {n_pixels} per image are no square")
    if found.n_pixels != n_pixels:
        raise ArrayError(f"pixels: {n_pixels} per image, not {found}")
    return found
