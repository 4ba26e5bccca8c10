"""Events of a camera in the layout of N-MNIST: a folder a class, a `.bin` file a recording.

    Train/0/00002.bin …    Test/7/00017.bin …

A file has 5 bytes an event: x, y, then one bit polarity and 23 bits time in µs, the highest first.
An event at y = 240 is no event but says that the clock of 13 bits has run over.

Source: Orchard, Jayawant, Cohen & Thakor, "Converting static image datasets to spiking neuromorphic
datasets using saccades", 2015, and the reader that they publish.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from snn.data.arrays import MOST_CLASSES
from snn.data.events.files.raw import Raw
from snn.data.files import require_file
from snn.data.own.material import require_memory
from snn.data.shapes import Shape
from snn.errors import DataError

_BYTES, _OVERFLOW_ROW, _OVERFLOW_US = 5, 240, 2**13
_MICROSECOND_MS = 1e-3


class _Recorded(NamedTuple):
    """Events of a folder, before the size of the camera is known; arrays (E,)."""

    x: NDArray[np.uint8]
    y: NDArray[np.uint8]
    polarity: NDArray[np.uint8]
    times: NDArray[np.uint32]
    offsets: NDArray[np.int64]
    labels: NDArray[np.int64]


def parts_of(folder: Path) -> tuple[Path, Path | None] | None:
    """The folders of training and test samples, if there are `.bin` files in folders of classes."""
    inside = {each.name.lower(): each for each in folder.iterdir() if each.is_dir()}
    train = inside.get("train", folder)
    test = inside.get("test") if "train" in inside else None
    return (train, test) if next(train.glob("*/*.bin"), None) else None


def read(train: Path, test: Path | None) -> tuple[Raw, Raw | None, Shape]:
    """The events of the folders, and the size of the camera, as the highest x and y say.

    Raises:
        DataError: A file is no such file, or the folders do not fit each other; one line.
        OSError: One cannot be read.
    """
    names = _classes(train)
    strange = sorted(set(_classes(test, fewest=1)) - set(names))[:1] if test is not None else []
    if strange:
        raise DataError(f"{test}: class {strange[0]} is not in {train.name}/")
    parts = [_recorded(folder, names) for folder in (train, test) if folder is not None]
    if not sum(len(part.x) for part in parts):
        raise DataError(f"{train}: there is no event in any file")
    height = 1 + max(int(part.y.max(initial=0)) for part in parts)
    width = 1 + max(int(part.x.max(initial=0)) for part in parts)
    size = Shape(height, width, 2)
    folders = [train] if test is None else [train, test]
    raws = [_raw(folder, part, size, names) for folder, part in zip(folders, parts, strict=True)]
    return raws[0], raws[1] if test is not None else None, size


def _classes(folder: Path, fewest: int = 2) -> list[str]:
    names = [each.name for each in folder.iterdir() if each.is_dir() and each.name[0] != "."]
    if not fewest <= len(names) <= MOST_CLASSES:
        raise DataError(
            f"{folder}: has {len(names)} class folders; {fewest} to {MOST_CLASSES} are needed"
        )
    numbers = all(name.isascii() and name.isdigit() for name in names)
    return sorted(names, key=int if numbers else str)


def _recorded(folder: Path, names: list[str]) -> _Recorded:
    there = {each.name: each for each in folder.iterdir() if each.is_dir()}
    files = [
        (label, file)
        for label, name in enumerate(names)
        if name in there
        for file in sorted(there[name].glob("*.bin"))
    ]
    if not files:
        raise DataError(f"{folder}: has no .bin files in its class folders")
    require_memory(str(folder), sum(file.stat().st_size for _, file in files) * 2)
    found = [_file(file) for _, file in files]
    x, y, polarity, times = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    offsets = np.concatenate([[0], np.cumsum([len(each[0]) for each in found])]).astype(np.int64)
    return _Recorded(x, y, polarity, times, offsets, np.array([label for label, _ in files]))


def _file(path: Path) -> tuple[NDArray[np.uint8], ...]:
    require_file(path)
    content = path.read_bytes()
    if len(content) % _BYTES:
        raise DataError(
            f"{path}: is damaged: {len(content)} bytes are not a multiple of {_BYTES}, an event"
        )
    raw = np.frombuffer(content, dtype=np.uint8).reshape(-1, _BYTES)
    high = (raw[:, 2] & 127).astype(np.uint32)
    times = (high << 16) | (raw[:, 3].astype(np.uint32) << 8) | raw[:, 4]
    overflow = raw[:, 1] == _OVERFLOW_ROW
    times += np.cumsum(overflow, dtype=np.uint32) * np.uint32(_OVERFLOW_US)
    kept = ~overflow
    times = times[kept]
    if (times[1:] < times[:-1]).any():
        raise DataError(f"{path}: times run backwards")
    return raw[kept, 0], raw[kept, 1], raw[kept, 2] >> 7, times


def _raw(folder: Path, part: _Recorded, size: Shape, names: list[str]) -> Raw:
    units = part.y.astype(np.uint32)
    units *= size.width
    units += part.x
    units *= 2
    units += part.polarity
    return Raw(
        where=str(folder),
        times=part.times,
        unit_ms=_MICROSECOND_MS,
        units=units,
        offsets=part.offsets,
        labels=part.labels,
        class_names=tuple(names),
        times_name="times",
        units_name="units",
    )
