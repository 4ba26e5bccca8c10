"""What the sets of torchvision have in common: files fetched and checked, arrays and classes.

torchvision is imported only when such a set is read: a sweep's driver does without torch else.
Sizes and classes are those of the arrays.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from snn.data.arrays import MOST_CLASSES, Bytes
from snn.data.dataset import Dataset
from snn.data.files import ENV, File, require_published
from snn.errors import DataError


class Part(NamedTuple):
    """Training or test images (N, height, width) or (N, height, width, channels), and labels."""

    images: NDArray[Any]
    labels: NDArray[Any]


class Source(NamedTuple):
    """A set of torchvision.

    Attributes:
        name: As in a configuration.
        title: For messages.
        files: In the order of their use.
        open: Gives the training part (True) or the test part; the last argument is whether
            torchvision may fetch missing files.
    """

    name: str
    title: str
    files: Sequence[File]
    open: Callable[[bool, bool], Part]


def read(source: Source, root: Path, download: bool, class_names: Sequence[str] = ()) -> Dataset:
    """The data set; labels that begin with 1 are counted from 0.

    Raises:
        DataError: A file is missing and cannot be fetched, is not the published one or damaged.
    """
    missing = [root / file.path for file in source.files if not (root / file.path).exists()]
    if missing and download:
        _fetch(source, root, missing)
        missing = [path for path in missing if not path.exists()]
    if missing:
        raise DataError(
            f"{missing[0]}: missing; fetch it with `spikesweep data fetch {source.name}`, or set "
            f"{ENV} to a folder that has it"
        )
    require_published(source.title, source.files, root)
    train, test = (_part(source, root, is_train) for is_train in (True, False))
    first = int(train.labels.min())
    highest = int(max(train.labels.max(), test.labels.max())) - first
    if highest >= MOST_CLASSES or int(test.labels.min()) < first:
        raise DataError(f"{root / source.files[0].path}: has labels that are no classes")
    sizes = (*train.images.shape[1:], 1)[:3]
    return Dataset(
        name=source.name,
        height=sizes[0],
        width=sizes[1],
        channels=sizes[2],
        n_classes=highest + 1,
        train_images=train.images.reshape(len(train.images), -1),
        train_labels=train.labels - first,
        test_images=test.images.reshape(len(test.images), -1),
        test_labels=test.labels - first,
        class_names=tuple(class_names),
    )


def grey(images: Bytes) -> Bytes:
    """The luminance (N, height, width) of images in colour, as Pillow rounds it."""
    weighted = images.astype(np.uint32) @ np.array([19_595, 38_470, 7_471], dtype=np.uint32)
    return ((weighted + 2**15) >> 16).astype(np.uint8)


def _fetch(source: Source, root: Path, missing: Sequence[Path]) -> None:
    try:
        with contextlib.redirect_stdout(sys.stderr):  # its messages are progress, not a result
            for is_train in (True, False):
                source.open(is_train, True)
    except Exception as error:  # of networks, of archives, and of what they hold
        left = next((path for path in missing if not path.exists()), None)
        if left is None:
            return  # what is wrong with a file is said when it is read
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(
            f"{left}: missing, and the download failed ({reason}); put it there, or set {ENV} "
            "to a folder that has it"
        ) from None


def _part(source: Source, root: Path, is_train: bool) -> Part:
    try:
        part = source.open(is_train, False)
        images, labels = np.asarray(part.images), np.asarray(part.labels)
        fits = images.ndim in (3, 4) and images.dtype == np.uint8 and len(images) > 0
        if not fits or labels.shape != (len(images),):
            raise ValueError(f"images of shape {images.shape}, labels of shape {labels.shape}")
    except Exception as error:  # torchvision raises a dozen kinds for files that it cannot read
        which = "training" if is_train else "test"
        reason = " ".join(f"{type(error).__name__} {error}".split())[:120]
        folder = (root / source.files[0].path).parent
        raise DataError(
            f"{folder}: the {which} files of {source.title} cannot be read: {reason}"
        ) from None
    return Part(images, labels)
