"""Data sets of the package `tonic` as events of ours, by its decoders and without its caches.

    t              µs; events of a sample are sorted by it, as those of some sets are not
    x, y, p        of a camera: unit (y × width + x) × 2 + p, where p is 1 if it is above 0
    x              of an ear and others with sensor_size (N, 1, 1): the unit
    target         the label: a whole number, or a text, which is numbered by the alphabet
    train, split   tonic's own training, test and, if there are, validation samples; where it has
                   no parts, a fifth of every class is held out for the test

The sensor is as large as tonic says, or as the highest x and y where it says nothing. A row of
units can have one more than it says: SMNIST counts them from 0 to N.
Times are tonic's own. If one is later than a recording can last here, they are those of a clock
that was not set to 0: then every sample of the set begins with its first event.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import Parameter, signature
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from snn.data.events.dataset import EventDataset
from snn.data.events.files.raw import LONGEST_MS, Array, Raw, as_dataset
from snn.data.own.material import require_memory
from snn.data.shapes import Shape
from snn.errors import DataError

PARTS = ("train", "test", "valid")
_GROUPS = {"speaker": "speaker", "_speaker": "speaker", "users": "user", "subjects": "subject"}
_US_MS = 1e-3
_SIDE = 2**16  # of a sensor, at most


class _Part(NamedTuple):
    """Events of all samples of a part, arrays (E,), and what is known of the samples, (S,)."""

    where: str
    x: NDArray[np.uint16]
    y: NDArray[np.uint16]
    polarity: NDArray[np.uint8]
    times: NDArray[np.int64]
    offsets: NDArray[np.int64]
    labels: Array
    groups: Array | None
    group_kind: str


def parts_of(known: Any) -> dict[str, dict[str, Any]]:
    """What the constructor of a set takes for each of its parts; without parts, all is `train`."""
    keys = signature(known).parameters
    if "train" in keys:
        return {"train": {"train": True}, "test": {"train": False}}
    if "split" in keys:
        return {part: {"split": part} for part in PARTS}
    return {"train": {}}


def needs_nothing_more(known: Any) -> bool:
    """Whether a set is whole with a folder and a part, and not one recording of many."""
    given = ("save_to", "train", "split")
    keys = signature(known).parameters
    return all(name in given or key.default is not Parameter.empty for name, key in keys.items())


def as_events(name: str, parts: Mapping[str, Any]) -> EventDataset:
    """The data set in objects of tonic.

    Args:
        name: For messages.
        parts: Objects of one class, by `PARTS`; `train` is one of them.

    Raises:
        DataError: They have no events, or no labels, or cannot be read; one line.
    """
    found = {part: _read(f"{name}: {part}", parts[part]) for part in parts}
    late = max(int(each.times.max(initial=0)) for each in found.values()) * _US_MS > LONGEST_MS
    size = _size(parts["train"], list(found.values()))
    names = _class_names(parts["train"])
    if found["train"].labels.dtype.kind == "U":
        names = tuple(np.unique(found["train"].labels).tolist())
    raws = {part: _raw(each, size, names, late) for part, each in found.items()}
    return as_dataset("tonic", raws["train"], raws.get("test"), size, valid=raws.get("valid"))


def _read(where: str, part: Any) -> _Part:
    columns: dict[str, list[Array]] = {"x": [], "y": [], "p": [], "t": []}
    targets, sizes, total = [], [0], 0
    for at in range(len(part)):
        events, target = _item(where, part, at)
        for column in columns:
            columns[column].append(_column(f"{where}: sample {at}", events, column))
        targets.append(target)
        sizes.append(len(events))
        total += len(events)
        require_memory(where, total * 26)  # twice what is kept
    if not targets:
        raise DataError(f"{where}: has no samples")
    labels = np.array(targets)
    if labels.shape != (len(targets),) or labels.dtype.kind not in "iuU":
        raise DataError(f"{where}: has no class labels: the first is {str(targets[0])[:60]!r}")
    kind, groups = _groups(part, len(targets))
    joined = {column: np.concatenate(columns[column]) for column in columns}
    return _Part(
        where=where,
        x=joined["x"],
        y=joined["y"],
        polarity=joined["p"],
        times=joined["t"],
        offsets=np.cumsum(sizes),
        labels=labels,
        groups=groups,
        group_kind=kind,
    )


def _item(where: str, part: Any, at: int) -> tuple[Array, Any]:
    try:
        events, target = part[at]
    except Exception as error:  # of a dozen decoders
        reason = " ".join(f"{type(error).__name__} {error}".split())[:120]
        raise DataError(f"{where}: sample {at} cannot be read by tonic: {reason}") from None
    columns = events.dtype.names if isinstance(events, np.ndarray) else None
    if not columns or not {"t", "x"} <= set(columns):
        raise DataError(f"{where}: its samples are not events with t and x")
    if (events["t"][1:] < events["t"][:-1]).any():
        events = events[np.argsort(events["t"], kind="stable")]
    return events, target


def _column(where: str, events: Array, name: str) -> Array:
    """A column of one sample, in a small type; y and p are 0 where there are none."""
    if name not in (events.dtype.names or ()):
        return np.zeros(len(events), np.uint16 if name == "y" else np.uint8)
    values = events[name]
    if values.dtype.kind not in "biu" or values.ndim != 1:
        raise DataError(f"{where}: {name}: must be whole numbers, one per event")
    if name == "p":
        return (values > 0).astype(np.uint8)
    if name == "t":
        return values.astype(np.int64)
    if len(values) and not 0 <= int(values.min()) <= int(values.max()) < _SIDE:
        raise DataError(
            f"{where}: {name}: must be 0 to {_SIDE - 1}, got {values.min()} to {values.max()}"
        )
    return values.astype(np.uint16)


def _groups(part: Any, n_samples: int) -> tuple[str, Array | None]:
    for attribute, kind in _GROUPS.items():
        found = getattr(part, attribute, None)
        if found is not None and np.shape(found) == (n_samples,):
            return kind, np.asarray(found)
    return "group", None


def _class_names(part: Any) -> tuple[str, ...]:
    """Names of the labels 0, 1, …, where tonic has them as a list, or as a table of labels."""
    found = getattr(part, "classes", ())
    if isinstance(found, Mapping):
        in_order = sorted(found, key=lambda name: found[name])
        found = in_order if [found[name] for name in in_order] == list(range(len(found))) else ()
    return tuple(each.decode() if isinstance(each, bytes) else str(each) for each in found)


def _size(part: Any, found: list[_Part]) -> Shape:
    """Of the sensor, in which all events are."""
    given = getattr(part, "sensor_size", None)
    highest = {
        axis: max(int(getattr(each, axis).max(initial=0)) for each in found) for axis in "xy"
    }
    if given is None:
        return Shape(highest["y"] + 1, highest["x"] + 1, 2)
    width, height, polarities = given
    if height == 1 and highest["x"] == width:  # SMNIST numbers its units from 0 to N
        width += 1
    for axis, size in (("x", width), ("y", height)):
        if highest[axis] >= size:
            raise DataError(
                f"{found[0].where}: {axis}: must be 0 to {size - 1}, got {highest[axis]}"
            )
    return Shape(height, width, polarities)


def _raw(part: _Part, size: Shape, names: tuple[str, ...], late: bool) -> Raw:
    units = part.y.astype(np.int64) * size.width + part.x
    if size.channels > 1:
        units = units * size.channels + part.polarity
    times = part.times
    if late:
        counts = np.diff(part.offsets)
        begins = part.times[part.offsets[:-1][counts > 0]]
        times = times - np.repeat(begins, counts[counts > 0])
    labels = part.labels
    if labels.dtype.kind == "U":
        strange = np.setdiff1d(labels, names)
        if len(strange):
            raise DataError(f"{part.where}: class {strange[0]} is not among the training samples")
        labels = np.searchsorted(np.array(names), labels)
    return Raw(
        where=part.where,
        times=times,
        unit_ms=_US_MS,
        units=units,
        offsets=part.offsets,
        labels=labels,
        groups=part.groups,
        group_kind=part.group_kind,
        class_names=names,
        times_name="t",
        units_name="units",
    )
