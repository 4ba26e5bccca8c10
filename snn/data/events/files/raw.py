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
LONGEST_MS = (MOST_TICKS - 1) * _TICKS_MS[-1]
"""A recording is shorter."""


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
    name: str,
    train: Raw,
    test: Raw | None,
    size: Shape | None = None,
    n_classes: int = 0,
    valid: Raw | None = None,
) -> EventDataset:
    """The data set of events that were found.

    Args:
        name: As in a configuration.
        train: Samples for the training.
        test: Those for the test; None: a fifth of every class is held out.
        size: Of the units, where it is known; else as the highest unit says.
        n_classes: How many, where that is known; else as the highest label says.
        valid: Those for the validation; None: they are taken from the training.

    Raises:
        DataError: They are no events, labels and groups that fit each other; one line.
    """
    raws = [raw for raw in (train, test, valid) if raw is not None]
    longest = max(_longest(raw) for raw in raws)
    size = size or Shape(1, 1 + max(_highest_unit(raw) for raw in raws), 1)
    tick_ms = _tick(train.where, longest)
    events = [_events(raw, tick_ms, size.n_pixels) for raw in raws]
    classes = _n_classes(raws, max(n_classes, len(train.class_names)))
    groups = [_groups(raw) for raw in raws]
    with_groups = all(each is not None for each in groups)
    parts = [
        _Samples(found, raw.labels, group if with_groups else None)
        for found, raw, group in zip(events, raws, groups, strict=True)
    ]
    kept = parts.pop() if valid is not None else None
    if test is None:
        training, held = held_out(train.where, train.labels, "sample")
        parts = [parts[0].take(training), parts[0].take(held)]
    n_train = len(parts[0].labels)
    trained = parts[0] if kept is None else parts[0].joined(kept)
    return EventDataset(
        name=name,
        size=size,
        n_classes=classes,
        tick_ms=tick_ms,
        train_events=trained.events,
        train_labels=trained.labels,
        test_events=parts[1].events,
        test_labels=parts[1].labels,
        class_names=train.class_names if len(train.class_names) == classes else (),
        groups=trained.groups,
        test_groups=parts[1].groups,
        group_kind=train.group_kind if with_groups else "",
        validation=None if kept is None else np.arange(n_train, len(trained.labels)),
    )


class _Samples(NamedTuple):
    """Events with labels and, if they are known, groups."""

    events: Events
    labels: Array
    groups: Array | None

    def take(self, places: Array) -> _Samples:
        """The samples at these places."""
        groups = None if self.groups is None else self.groups[places]
        return _Samples(self.events.take(places), self.labels[places], groups)

    def joined(self, other: _Samples) -> _Samples:
        """These samples and then those of another."""
        groups = None
        if self.groups is not None and other.groups is not None:
            groups = np.concatenate([self.groups, other.groups])
        labels = np.concatenate([self.labels, other.labels])
        return _Samples(self.events.joined(other.events), labels, groups)


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
    lasts = longest_ms / 1000
    told = f"{lasts:,.0f}" if lasts < 1e12 else f"{lasts:.3g}"
    raise DataError(
        f"{where}: the longest sample lasts {told} s; times count from the begin "
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
    for raw in parts[1:]:
        if raw.labels.max() >= classes:
            raise DataError(
                f"{raw.where}: labels: must be 0 to {classes - 1} as in training, "
                f"got {int(raw.labels.max())}"
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
