"""Events as they lie in files, and how they become a data set: times become ticks."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from snn.data.arrays import MOST_CLASSES
from snn.data.events.dataset import EventDataset
from snn.data.events.packed import MOST_TICKS, MOST_UNITS, Events, chunks, first_backwards
from snn.data.own.held_out import held_out
from snn.data.shapes import Shape
from snn.errors import DataError

Array = NDArray[Any]
_TICKS_MS = tuple(base * 10.0**power for power in range(-3, 2) for base in (1, 2, 5))[:-2]


class Raw(NamedTuple):
    """Events of S samples as they were found; nothing is checked yet.

    Attributes:
        where: Stands at the begin of messages.
        times: (E,) of numbers, from the begin of each recording on.
        unit_ms: What a time of 1 is in ms.
        units: (E,) of whole numbers.
        offsets: (S + 1,) int64, as of `Events`.
        labels: (S,) of whole numbers.
        groups: (S,) of whole numbers, or None.
        group_kind: What a group is.
        class_names: Of the labels, where they are known.
        times_name: What the times are called in the file.
        units_name: What the units are called.
    """

    where: str
    times: Array
    unit_ms: float
    units: Array
    offsets: NDArray[np.int64]
    labels: Array
    groups: Array | None = None
    group_kind: str = "group"
    class_names: tuple[str, ...] = ()
    times_name: str = "spikes/times"
    units_name: str = "spikes/units"


def as_dataset(
    name: str, train: Raw, test: Raw | None, size: Shape | None = None, n_classes: int = 0
) -> EventDataset:
    """The data set of events that were found.

    Args:
        name: As in a configuration.
        train: Samples for the training.
        test: Those for the test; None: a fifth of every class is held out.
        size: Of the units, where it is known; else as the highest unit says.
        n_classes: How many, where that is known; else as the highest label says.

    Raises:
        DataError: They are no events, labels and groups that fit each other; one line.
    """
    parts = [train] if test is None else [train, test]
    longest = max(_longest(raw) for raw in parts)
    size = size or Shape(1, 1 + max(_highest_unit(raw) for raw in parts), 1)
    tick_ms = _tick(train.where, longest)
    found = [_events(raw, tick_ms, size.n_pixels) for raw in parts]
    classes = _n_classes(parts, max(n_classes, len(train.class_names)))
    groups = [_groups(raw) for raw in parts]
    if test is not None and (groups[0] is None) != (groups[1] is None):
        groups = [None, None]
    labels = [raw.labels for raw in parts]
    if test is None:
        kept, held = held_out(train.where, train.labels, "sample")
        events = found[0]
        found = [events.take(kept), events.take(held)]
        labels = [train.labels[kept], train.labels[held]]
        groups = [None if groups[0] is None else groups[0][places] for places in (kept, held)]
    return EventDataset(
        name=name,
        size=size,
        n_classes=classes,
        tick_ms=tick_ms,
        train_events=found[0],
        train_labels=labels[0],
        test_events=found[1],
        test_labels=labels[1],
        class_names=train.class_names if len(train.class_names) == classes else (),
        groups=groups[0],
        test_groups=groups[1],
        group_kind=train.group_kind if groups[0] is not None else "",
    )


def _longest(raw: Raw) -> float:
    """The latest time in ms, after a check of all of them."""
    where, longest = f"{raw.where}: {raw.times_name}", 0.0
    if raw.times.dtype.kind not in "iuf" or raw.times.ndim != 1:
        raise DataError(f"{where}: must be numbers, not {raw.times.dtype}")
    for part in chunks(len(raw.times)):
        times = raw.times[part]
        if times.dtype.kind == "f" and not np.isfinite(times).all():
            raise DataError(f"{where}: has values that are not finite")
        lowest, highest = float(times.min()), float(times.max())
        if lowest < 0:
            raise DataError(f"{where}: must be 0 or more, got {lowest:g}")
        longest = max(longest, highest * raw.unit_ms)
    sample = first_backwards(raw.times, raw.offsets)
    if sample is not None:
        raise DataError(f"{where}: run backwards in sample {sample}; sort the events by time")
    return longest


def _highest_unit(raw: Raw) -> int:
    where = f"{raw.where}: {raw.units_name}"
    if raw.units.dtype.kind not in "iu" or raw.units.ndim != 1:
        raise DataError(f"{where}: must be whole numbers, not {raw.units.dtype}")
    if not len(raw.units):
        raise DataError(f"{where}: there is no event in any sample")
    lowest, highest = int(raw.units.min()), int(raw.units.max())
    if lowest < 0:
        raise DataError(f"{where}: must be 0 or more, got {lowest}")
    if highest >= MOST_UNITS:
        raise DataError(f"{where}: must be less than {MOST_UNITS:,}, got {highest:,}")
    return highest


def _tick(where: str, longest_ms: float) -> float:
    """The finest tick in ms with which the longest recording has less than 65,536 of them."""
    for tick in _TICKS_MS:
        if longest_ms / tick < MOST_TICKS - 1:
            return tick
    raise DataError(
        f"{where}: the longest sample lasts {longest_ms / 1000:,.0f} s; times count from the begin "
        f"of each sample, and a sample lasts {MOST_TICKS * _TICKS_MS[-1] / 1000:,.0f} s at most"
    )


def _events(raw: Raw, tick_ms: float, n_units: int) -> Events:
    highest = _highest_unit(raw)
    if highest >= n_units:
        raise DataError(f"{raw.where}: {raw.units_name}: must be 0 to {n_units - 1}, got {highest}")
    ticks = np.empty(len(raw.times), dtype=np.uint16)
    for part in chunks(len(ticks)):
        # Single precision makes 10.9999994 ms of 11 ms: that is tick 1100 of 0.01 ms.
        ticks[part] = raw.times[part].astype(np.float64) * (raw.unit_ms / tick_ms) + 1e-2
    dtype = np.uint16 if n_units <= 2**16 else np.uint32
    return Events(ticks, raw.units.astype(dtype, copy=False), raw.offsets)


def _n_classes(parts: list[Raw], known: int) -> int:
    for raw in parts:
        labels, where = raw.labels, f"{raw.where}: labels"
        n = len(raw.offsets) - 1
        if labels.dtype.kind not in "iu" or labels.shape != (n,):
            what = f"{labels.dtype} of shape {labels.shape}"
            raise DataError(f"{where}: must be whole numbers, one per sample ({n},), not {what}")
        lowest, highest = int(labels.min()), int(labels.max())
        if lowest < 0:
            raise DataError(f"{where}: must be 0 or more, got {lowest}")
        if highest >= MOST_CLASSES:
            raise DataError(f"{where}: {highest + 1:,} classes; {MOST_CLASSES} are allowed")
        if known and highest >= known:
            raise DataError(f"{where}: must be 0 to {known - 1}, got {highest}")
    train = parts[0]
    lowest, highest = int(train.labels.min()), int(train.labels.max())
    if lowest > 0 and not known:
        raise DataError(
            f"{train.where}: labels: are {lowest} to {highest}, and labels begin with 0; "
            f"subtract {lowest}"
        )
    classes = known or highest + 1
    if classes < 2:
        raise DataError(f"{train.where}: labels: there is one class; at least 2 are needed")
    strange = [int(raw.labels.max()) for raw in parts[1:] if raw.labels.max() >= classes]
    if strange:
        raise DataError(
            f"{parts[1].where}: labels: must be 0 to {classes - 1} as in training, got {strange[0]}"
        )
    return classes


def _groups(raw: Raw) -> Array | None:
    if raw.groups is None:
        return None
    n, where = len(raw.offsets) - 1, f"{raw.where}: {raw.group_kind}"
    if raw.groups.dtype.kind not in "iu" or raw.groups.shape != (n,):
        raise DataError(f"{where}: must be whole numbers, one per sample ({n},)")
    if int(raw.groups.min()) < 0 or int(raw.groups.max()) >= 2**16:
        raise DataError(f"{where}: must be 0 to 65535")
    return raw.groups
