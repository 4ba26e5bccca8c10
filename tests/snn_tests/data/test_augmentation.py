"""Images shifted and turned."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from snn.data.augmentation import Augmentation, Moves
from snn.data.shapes import Shape


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


@given(st.floats(0, 4), st.floats(0, 180), st.booleans())
def test_every_channel_is_moved_like_a_grey_image(
    shift: float, rotation: float, mirror: bool
) -> None:
    shape, augmentation = Shape(9, 14, 3), Augmentation(shift, rotation, mirror)
    images = torch.randint(0, 256, (20, shape.n_pixels), dtype=torch.uint8, generator=generator())
    moves = augmentation.draw(20, generator())
    together = augmentation(images, moves, shape).view(20, 9, 14, 3)
    for channel in range(3):
        alone = images.view(20, 9, 14, 3)[..., channel].reshape(20, -1)
        assert torch.equal(
            augmentation(alone, moves, Shape(9, 14)).view(20, 9, 14), together[..., channel]
        )


def test_a_quarter_turn_of_an_oblong_image_keeps_lengths() -> None:
    images = torch.zeros(1, 11 * 21, dtype=torch.uint8).view(1, 11, 21)
    images[:, 5, 7:14] = 255  # a bar of seven pixels
    quarter = Moves(torch.tensor([[1.0, 0.0, 0.0]]), torch.empty(0, dtype=torch.bool))
    turned = Augmentation(rotation=90.0)(images.view(1, -1), quarter, Shape(11, 21)).view(11, 21)
    assert torch.equal(turned.nonzero(), torch.tensor([[y, 10] for y in range(2, 9)]))


def test_the_same_stream_gives_the_same_images() -> None:
    one, again = (augment(dot(), 2.0, 15.0, generator(3)) for _ in range(2))
    assert torch.equal(one, again)
