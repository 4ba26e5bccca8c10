"""A picture in a file as bytes of a wanted size, grey or in colour.

The rules, in this order:

    rotation      the mark that a camera leaves is followed
    several       of a file with several pictures, such as an animation, the first is taken
    depth         16 bits are scaled to 8, not clipped; numbers with a fraction are 0 to 1
    transparency  is background: black, or white where ink is dark (`invert`)
    colour        where grey is wanted, its luminance, 0.299 R + 0.587 G + 0.114 B; where colour is
                  wanted, red, green and blue, which are equal in a grey picture
    size          is stretched to the height and width that are wanted
    ink           is bright on black, as in MNIST; `invert` turns dark ink on white so

All else is refused: pictures of more than 67 million pixels (before they are unpacked), of whole
numbers beyond 16 bits, of other numbers with a fraction, or in a colour space without luminance.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from snn.data.arrays import Bytes
from snn.data.files import require_file
from snn.data.shapes import Shape
from snn.errors import DataError

if TYPE_CHECKING:
    from PIL import Image

MOST_PIXELS = 2**26
_DEEP = 2**16 - 1
_GREY = ("1", "L", "LA", "La", "I", "F")
_ORIENTATION, _ON_ITS_SIDE = 0x0112, (5, 6, 7, 8)  # EXIF


def read_picture(path: Path, shape: Shape, *, invert: bool = False) -> Bytes:
    """The picture in a file as (height, width) or (height, width, 3) uint8, bright on black.

    Raises:
        DataError: It is missing, or no picture that the rules above allow; or pictures are not of
            so many channels.
    """
    if shape.channels not in (1, 3):
        raise DataError(f"{path}: a picture has 1 or 3 channels, not {shape.channels}")
    with _opened(path) as image:
        from PIL import ImageOps

        upright = ImageOps.exif_transpose(image)
        flat = _flat(path, upright, "L" if shape.channels == 1 else "RGB", invert=invert)
        pixels: Bytes = np.array(flat.resize((shape.width, shape.height)), dtype=np.uint8)
    return 255 - pixels if invert else pixels


def shape_of_picture(path: Path) -> Shape:
    """Height and width of the picture in a file, and 1 channel if it is stored as grey, else 3.

    Raises:
        DataError: See `read_picture`; only the begin of the file is looked at.
    """
    with _opened(path) as image:
        grey = image.mode.split(";")[0] in _GREY
        turned = image.getexif().get(_ORIENTATION) in _ON_ITS_SIDE
        sizes = (image.width, image.height) if turned else (image.height, image.width)
    return Shape(*sizes, 1 if grey else 3)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """A picture that is not too large; errors of Pillow while it is used come as one line."""
    from PIL import Image

    require_file(path)
    try:
        with warnings.catch_warnings():
            # Of sizes, for which we have a limit, and of damage, which is refused or does no harm.
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                _check_size(path, image.width * image.height)
                yield image
    except DataError:
        raise
    except Image.DecompressionBombError:
        raise DataError(_too_large(path)) from None
    except FileNotFoundError:
        raise DataError(f"{path}: no such image file") from None
    except Exception:  # every format of Pillow's has errors of its own for damaged files
        raise DataError(f"{path}: is no image that can be read") from None


def _check_size(path: Path, n_pixels: int) -> None:
    if n_pixels > MOST_PIXELS:
        raise DataError(_too_large(path))


def _too_large(path: Path) -> str:
    return f"{path}: has more than {MOST_PIXELS // 10**6} million pixels; scale it down"


def _flat(path: Path, image: Image.Image, mode: str, *, invert: bool) -> Image.Image:
    """The picture in 8 bits, grey (`L`) or in colour (`RGB`), transparent parts background."""
    from PIL import Image

    if image.mode.startswith(("I", "F")):
        grey = _of_numbers(path, image, background=255 if invert else 0)
        return Image.fromarray(grey).convert(mode)
    if not image.has_transparency_data:
        return image.convert(mode)
    background = Image.new("RGBA", image.size, "white" if invert else "black")
    return Image.alpha_composite(background, image.convert("RGBA")).convert(mode)


def _of_numbers(path: Path, image: Image.Image, background: int) -> Bytes:
    """Pictures of 16 bits or of numbers with a fraction, scaled to 8 bits."""
    values = np.array(image, dtype=np.float64)
    highest = 1 if image.mode.startswith("F") else _DEEP
    if not bool(((values >= 0) & (values <= highest)).all()):  # NaN is not, either
        raise DataError(f"{path}: has values that are not from 0 for black to {highest} for white")
    pixels = np.rint(values * (255 / highest)).astype(np.uint8)
    clear = image.info.get("transparency")
    return pixels if clear is None else np.where(values == clear, background, pixels).astype("u1")
