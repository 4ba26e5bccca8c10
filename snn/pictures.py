"""Pictures for a trained network to classify: files, or images of its own test set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from snn.data import load
from snn.errors import DataError
from snn.training import Network

_TEST = "test:"


def read(names: Sequence[str], network: Network, *, invert: bool = False) -> Tensor:
    """Pixels (B, N) uint8 as the network wants them.

    Args:
        names: Image files, scaled to the network's size and made grey; or `test:N`.
        network: Knows its data set and size.
        invert: Whether the files show dark on bright; the networks learned bright on dark.

    Raises:
        DataError: A file is missing or no image, or there is no such test image.
    """
    return torch.stack([_one(name, network, invert) for name in names])


def label(name: str, network: Network) -> int | None:
    """The true class of a test image that `read` takes; None for a file."""
    if not name.startswith(_TEST):
        return None
    return int(load(network.config.dataset).test_labels[int(name.removeprefix(_TEST))])


def _one(name: str, network: Network, invert: bool) -> Tensor:
    if not name.startswith(_TEST):
        return _file(Path(name), round(network.n_pixels**0.5), invert)
    tests = load(network.config.dataset).test_images
    number = name.removeprefix(_TEST)
    if not number.isdigit() or int(number) >= len(tests):
        raise DataError(f"{name}: there are test:0 to test:{len(tests) - 1}")
    return torch.from_numpy(tests[int(number)].copy())


def _file(path: Path, side: int, invert: bool) -> Tensor:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            grey = np.array(image.convert("L").resize((side, side)), dtype=np.uint8)
    except FileNotFoundError:
        raise DataError(f"{path}: no such image file") from None
    except (OSError, UnidentifiedImageError):
        raise DataError(f"{path}: is no image that can be read") from None
    return torch.from_numpy((255 - grey if invert else grey).ravel())
