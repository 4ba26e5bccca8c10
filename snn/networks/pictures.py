"""Pictures for a trained network to classify: files, or images of its own test set.

A file becomes bytes by these rules, in this order:

    rotation      the mark that a camera leaves is followed
    several       of a file with several pictures, such as an animation, the first is taken
    depth         16 bits are scaled to 8, not clipped; numbers with a fraction are 0 to 1
    transparency  is background: black, or white where ink is dark (`invert`)
    colour        is its luminance, 0.299 R + 0.587 G + 0.114 B
    size          is stretched to the network's square
    ink           is bright on black, as in MNIST; `invert` turns dark ink on white so

All else is refused: pictures of more than 67 million pixels (before they are unpacked), of whole
numbers beyond 16 bits, of other numbers with a fraction, or in a colour space without luminance.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from snn.data import load
from snn.data.arrays import Bytes
from snn.data.pixels import side_of
from snn.errors import ArrayError, DataError
from snn.networks import Network

if TYPE_CHECKING:
    from PIL import Image

MOST_PIXELS = 2**26
_TEST = "test:"
_DEEP = 2**16 - 1


def read(names: Sequence[str], network: Network, *, invert: bool = False) -> Tensor:
    """Pixels (B, N) uint8 as the network wants them.

    Args:
        names: Image files, by the rules above; or `test:N`.
        network: Knows its data set and size.
        invert: Whether the files show dark on bright; the networks learned bright on dark.

    Raises:
        DataError: A file is missing or no image that the rules allow, or there is no such test
            image.
    """
    return torch.stack([_one(name, network, invert) for name in names])


def label(name: str, network: Network) -> int | None:
    """The true class of a test image that `read` takes; None for a file.

    Raises:
        DataError: There is no such test image.
    """
    if not name.startswith(_TEST):
        return None
    labels = load(network.config.dataset, components=network.config.registry).test_labels
    return int(labels[_number(name, len(labels))])


def read_file(path: Path, side: int, *, invert: bool = False) -> Bytes:
    """The picture in a file as (side, side) uint8, bright on black.

    Raises:
        DataError: It is missing, or no picture that the rules above allow.
    """
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            # Of sizes, for which we have a limit, and of damage, which is refused or does no harm.
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                _check_size(path, image.width * image.height)
                upright = ImageOps.exif_transpose(image)
                grey = _grey(path, upright, invert=invert).resize((side, side))
    except DataError:
        raise
    except Image.DecompressionBombError:
        raise DataError(_too_large(path)) from None
    except FileNotFoundError:
        raise DataError(f"{path}: no such image file") from None
    except Exception:  # every format of Pillow's has errors of its own for damaged files
        raise DataError(f"{path}: is no image that can be read") from None
    pixels: Bytes = np.array(grey, dtype=np.uint8)
    return 255 - pixels if invert else pixels


def _one(name: str, network: Network, invert: bool) -> Tensor:
    if not name.startswith(_TEST):
        try:
            side = side_of(torch.empty(1, network.n_pixels, device="meta"))
        except ArrayError:
            raise DataError(
                f"{name}: the network has {network.n_pixels} inputs, which are no square image"
            ) from None
        return torch.from_numpy(read_file(Path(name), side, invert=invert).ravel())
    tests = load(network.config.dataset, components=network.config.registry).test_images
    image = tests[_number(name, len(tests))].copy()
    if len(image) != network.n_pixels:
        raise DataError(f"{name}: has {len(image)} pixels, and the network {network.n_pixels}")
    return torch.from_numpy(image)


def _number(name: str, n_images: int) -> int:
    digits = name.removeprefix(_TEST)
    # `isdigit` also holds for the digits of other scripts and for ², which is no number.
    if not re.fullmatch("[0-9]{1,18}", digits) or int(digits) >= n_images:
        raise DataError(f"{name}: there are test:0 to test:{n_images - 1}")
    return int(digits)


def _check_size(path: Path, n_pixels: int) -> None:
    if n_pixels > MOST_PIXELS:
        raise DataError(_too_large(path))


def _too_large(path: Path) -> str:
    return f"{path}: has more than {MOST_PIXELS // 10**6} million pixels; scale it down"


def _grey(path: Path, image: Image.Image, *, invert: bool) -> Image.Image:
    """The picture as grey of 8 bits, its transparent parts background."""
    from PIL import Image

    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_of_numbers(path, image, background=255 if invert else 0))
    if not image.has_transparency_data:
        return image.convert("L")
    background = Image.new("RGBA", image.size, "white" if invert else "black")
    return Image.alpha_composite(background, image.convert("RGBA")).convert("L")


def _of_numbers(path: Path, image: Image.Image, background: int) -> Bytes:
    """Pictures of 16 bits or of numbers with a fraction, scaled to 8 bits."""
    values = np.array(image, dtype=np.float64)
    highest = 1 if image.mode.startswith("F") else _DEEP
    if not bool(((values >= 0) & (values <= highest)).all()):  # NaN is not, either
        raise DataError(f"{path}: has values that are not from 0 for black to {highest} for white")
    pixels = np.rint(values * (255 / highest)).astype(np.uint8)
    clear = image.info.get("transparency")
    return pixels if clear is None else np.where(values == clear, background, pixels).astype("u1")
