"""Pictures for a trained network to classify: files, or images of its own test set.

A file is brought to the height, width and channels of the images that the network was trained on,
by the rules of `snn.data.pictures.reading`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from snn.data import load
from snn.data.base import Data, Samples
from snn.data.pictures.reading import read_picture
from snn.data.shapes import Shape, square
from snn.errors import DataError
from snn.networks import Network

_TEST = "test:"


def read(names: Sequence[str], network: Network, *, invert: bool = False) -> Samples:
    """Pixels (B, N) uint8, or binned events, as the network wants them.

    Args:
        names: Image files, or `test:N`.
        network: Knows its data set and the shape of its images.
        invert: Whether the files show dark on bright; the networks learned bright on dark.

    Raises:
        DataError: A file is missing or no image that can be read, or there is no such test
            image; or the network learned events, and the name is that of a file.
    """
    if takes_events(network):
        return _events(names, network)
    return torch.stack([_one(name, network, invert) for name in names])


def takes_events(network: Network) -> bool:
    """Whether a network learned events, and no images."""
    config = network.config
    if config.uses_kind("encoding"):
        return config.component("encoding").takes == "events"
    return config.component("dataset").content == "events"


def label(name: str, network: Network) -> int | None:
    """The true class of a test image that `read` takes; None for a file.

    Raises:
        DataError: There is no such test image.
    """
    if not name.startswith(_TEST):
        return None
    labels = _data(network).test_labels
    return int(labels[_number(name, len(labels))])


def in_words(name: str, network: Network) -> str:
    """What a figure calls an image that `read` takes: `test image 7`, or the name of its file."""
    if not name.startswith(_TEST):
        return name
    what = "sample" if takes_events(network) else "image"
    return f"test {what} {name.removeprefix(_TEST)}"


def shape_of(network: Network) -> Shape | None:
    """The shape of a network's images; None where it is not known, and they cannot be square."""
    return network.shape or square(network.n_pixels)


def _one(name: str, network: Network, invert: bool) -> Tensor:
    if not name.startswith(_TEST):
        shape = shape_of(network)
        if shape is None:
            raise DataError(
                f"{name}: the network has {network.n_pixels} inputs, which are no square image"
            )
        return torch.from_numpy(read_picture(Path(name), shape, invert=invert).ravel())
    seen = _data(network).seen_by(network.config)
    place = _number(name, len(seen.test_labels))
    if seen.n_pixels != network.n_pixels:
        raise DataError(f"{name}: has {seen.n_pixels} pixels, and the network {network.n_pixels}")
    image: Tensor = seen.test()[place]  # type: ignore[index]
    return image


def _events(names: Sequence[str], network: Network) -> Samples:
    files = [name for name in names if not name.startswith(_TEST)]
    if files:
        raise DataError(f"{files[0]}: the network learned events; give test:0, test:1 and so on")
    seen = _data(network).seen_by(network.config)
    places = [_number(name, len(seen.test_labels)) for name in names]
    if seen.n_pixels != network.n_pixels:
        raise DataError(
            f"{names[0]}: has {seen.n_pixels} inputs, and the network {network.n_pixels}"
        )
    return seen.test().index_select(0, torch.tensor(places))


def _data(network: Network) -> Data:
    return load(network.config.dataset, components=network.config.registry)


def _number(name: str, n_images: int) -> int:
    digits = name.removeprefix(_TEST)
    # `isdigit` also holds for the digits of other scripts and for ², which is no number.
    if not re.fullmatch("[0-9]{1,18}", digits) or int(digits) >= n_images:
        raise DataError(f"{name}: there are test:0 to test:{n_images - 1}")
    return int(digits)
