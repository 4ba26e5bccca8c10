"""Images shifted and turned."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from snn.data.augmentation import Augmentation


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def augment(
    images: Tensor, shift: float, rotation: float, generator: torch.Generator, mirror: bool = False
) -> Tensor:
    augmentation = Augmentation(shift, rotation, mirror)
    return augmentation(images, augmentation.draw(len(images), generator))


def dot(side: int = 15) -> Tensor:
    """One white pixel in the middle, many times."""
    images = torch.zeros(200, side, side, dtype=torch.uint8)
    images[:, side // 2, side // 2] = 255
    return images.view(200, -1)


def centres(images: Tensor) -> Tensor:
    """Where the mass of every image is, (B, 2), in pixels from the middle."""
    side = int(images.shape[1] ** 0.5)
    at = torch.arange(side) - side // 2
    mass = images.view(-1, side, side).double()
    total = mass.sum((1, 2))
    return torch.stack([(mass.sum(1) * at).sum(1), (mass.sum(2) * at).sum(1)], 1) / total[:, None]


def test_nothing_asked_for_is_nothing_done() -> None:
    images = dot()
    assert augment(images, 0.0, 0.0, generator()) is images


@given(st.floats(0.5, 5))
def test_shifts_are_uniform_up_to_the_limit_in_both_directions(shift: float) -> None:
    moved = centres(augment(dot(), shift, 0.0, generator()))
    assert moved.abs().max() <= shift + 0.1
    assert moved.min() < -0.8 * shift and moved.max() > 0.8 * shift
    assert (moved[:, 0] - moved[:, 1]).abs().max() > 0.5 * shift


def test_a_turn_leaves_the_middle_and_moves_the_edge() -> None:
    turned = augment(dot(), 0.0, 90.0, generator())
    assert centres(turned).abs().max() < 0.01
    bar = torch.zeros(1, 15, 15, dtype=torch.uint8)
    bar[:, 7, :] = 255
    turned = augment(bar.view(1, -1).expand(50, -1), 0.0, 45.0, generator())
    assert turned.dtype == torch.uint8
    assert len(turned.unique(dim=0)) == 50


def test_every_second_image_is_mirrored() -> None:
    images = torch.arange(225, dtype=torch.uint8).expand(400, -1)
    seen = augment(images, 0.0, 0.0, generator(), mirror=True).view(400, 15, 15)
    mirrored = (seen == images.view(400, 15, 15).flip(2)).all(2).all(1)
    same = (seen == images.view(400, 15, 15)).all(2).all(1)
    assert torch.equal(mirrored, ~same)
    assert 150 < mirrored.sum() < 250
    both = augment(images, 2.0, 0.0, generator(), mirror=True)
    assert len(both.unique(dim=0)) > 390


def test_the_same_stream_gives_the_same_images() -> None:
    one, again = (augment(dot(), 2.0, 15.0, generator(3)) for _ in range(2))
    assert torch.equal(one, again)
