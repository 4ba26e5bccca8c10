"""Events in an `.npz` file: one array for all samples, and where each sample begins.

    t         (E,) times from the begin of each sample: whole numbers are µs, fractions are seconds
    units     (E,) who fires; or, of a camera, x and y, and p (0 or 1, or false and true) if known
    offsets   (S + 1,) sample s has the events from offsets[s] to offsets[s + 1]
    labels    (S,) whole numbers from 0 on
    speaker   (S,) whole numbers, optional; also subject, user or group

Names can be followed by `_train` and `_test`; without them, a fifth of every class is held out for
the test. Other names of the same: times; unit; polarity; label.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from snn.data.events.files.raw import Array, Raw
from snn.data.events.packed import MOST_UNITS
from snn.data.own import array_files
from snn.data.shapes import Shape
from snn.errors import DataError

_TIMES, _UNITS, _POLARITY = ("t", "times"), ("units", "unit"), ("p", "polarity")
_LABELS, _GROUPS = ("labels", "label"), ("speaker", "subject", "user", "group", "groups")
_WANTED = "t, units (or x, y and p), offsets, labels; with _train and _test for two parts"
_US_MS, _SECOND_MS = 1e-3, 1e3


class _Part(NamedTuple):
    """Arrays of the training or of the test, as they are in the file."""

    where: str
    times: Array
    units: Array | None
    x: Array | None
    y: Array | None
    polarity: Array | None
    offsets: Array
    labels: Array
    groups: Array | None
    group_kind: str


def has_events(names: list[str]) -> bool:
    """Whether arrays of these names are those of events."""
    bare = {name.lower().removesuffix("_train").removesuffix("_test") for name in names}
    return "offsets" in bare and bool(bare & set(_TIMES))


def read(path: Path) -> tuple[Raw, Raw | None, Shape | None]:
    """The events of a file, and the size of the camera where there is one.

    Raises:
        DataError: It is damaged, or arrays are missing or do not fit each other; one line.
        OSError: It cannot be read.
    """
    names = array_files.names_in(path)
    by_name = {name.lower(): name for name in names}
    has_parts = any(name.endswith("_train") for name in by_name)
    endings = ["_train"] if has_parts else [""]
    if has_parts and any(name.endswith("_test") for name in by_name):
        endings.append("_test")
    parts = [_part(path, by_name, ending) for ending in endings]
    size = _size(parts)
    raws = [_raw(part, size) for part in parts]
    return raws[0], raws[1] if len(raws) > 1 else None, size


def _part(path: Path, by_name: dict[str, str], ending: str) -> _Part:
    def found(wanted: tuple[str, ...]) -> str:
        return next((by_name[f"{w}{ending}"] for w in wanted if f"{w}{ending}" in by_name), "")

    chosen = {
        "times": found(_TIMES),
        "units": found(_UNITS),
        "x": found(("x",)),
        "y": found(("y",)),
        "polarity": found(_POLARITY),
        "offsets": found(("offsets",)),
        "labels": found(_LABELS),
        "groups": found(_GROUPS),
    }
    missing = [name for name in ("times", "offsets", "labels") if not chosen[name]]
    if not chosen["units"] and not (chosen["x"] and chosen["y"]):
        missing.append("units")
    if missing:
        raise DataError(f"{path}: has no {missing[0]}{ending}; names: {_WANTED}")
    arrays = array_files.arrays_in(path, [name for name in chosen.values() if name])
    given: dict[str, Any] = {
        key: arrays.get(name) if name else None for key, name in chosen.items()
    }
    kind = chosen["groups"].lower().removesuffix(ending).removesuffix("s") or "group"
    where = f"{path}: {ending.removeprefix('_')}" if ending else str(path)
    return _Part(where=where, group_kind=kind, **given)


def _size(parts: list[_Part]) -> Shape | None:
    """Of the camera, as the highest x, y and polarity say; None for a row of units."""
    if parts[0].units is not None:
        return None
    highest = {"x": 0, "y": 0, "polarity": 0}
    for part in parts:
        for name in highest:
            array = getattr(part, name)
            if array is None:
                continue
            if array.dtype.kind not in "biu" or array.shape != part.times.shape:
                raise DataError(f"{part.where}: {name}: must be whole numbers, one per event")
            if len(array) and int(array.min()) < 0:
                raise DataError(f"{part.where}: {name}: must be 0 or more, got {array.min()}")
            highest[name] = max(highest[name], int(array.max(initial=0)))
    if highest["polarity"] > 1:
        raise DataError(f"{parts[0].where}: polarity: must be 0 or 1, got {highest['polarity']}")
    size = Shape(highest["y"] + 1, highest["x"] + 1, highest["polarity"] + 1)
    if size.n_pixels > MOST_UNITS:
        raise DataError(f"{parts[0].where}: {size} are more than {MOST_UNITS:,} units")
    return size


def _raw(part: _Part, size: Shape | None) -> Raw:
    units = part.units
    if size is not None and part.x is not None and part.y is not None:
        units = part.y.astype(np.uint32) * size.width + part.x.astype(np.uint32)
        polarity = 0 if part.polarity is None else part.polarity.astype(np.uint32)
        units = units * size.channels + polarity
    assert units is not None
    n, offsets = len(part.times), part.offsets
    if units.shape != part.times.shape or part.times.ndim != 1:
        raise DataError(
            f"{part.where}: times and units must be one per event, not {part.times.shape} and "
            f"{units.shape}"
        )
    if offsets.dtype.kind not in "iu" or offsets.ndim != 1 or len(offsets) < 2:
        raise DataError(f"{part.where}: offsets: must be whole numbers, (samples + 1,)")
    offsets = offsets.astype(np.int64)
    if offsets[0] != 0 or offsets[-1] != n or (np.diff(offsets) < 0).any():
        raise DataError(f"{part.where}: offsets: must rise from 0 to {n}, the number of events")
    return Raw(
        where=part.where,
        times=part.times,
        unit_ms=_SECOND_MS if part.times.dtype.kind == "f" else _US_MS,
        units=units,
        offsets=offsets,
        labels=part.labels,
        groups=part.groups,
        group_kind=part.group_kind,
        times_name="times",
        units_name="units",
    )
