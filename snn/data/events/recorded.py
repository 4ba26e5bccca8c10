"""Events and labels as they were recorded, checked. Imports no torch."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snn.data.arrays import MOST_CLASSES, Bytes, labels_of, whole_number
from snn.data.events.packed import MOST_UNITS, Events
from snn.data.shapes import Shape
from snn.errors import DataError

Groups = NDArray[np.integer]
Places = NDArray[np.integer]


@dataclass(frozen=True, kw_only=True, eq=False)
class Recorded:
    """Events and labels.

    Attributes:
        name: As in `TrialConfig.dataset`.
        size: Of the units: (1, units, 1) for a row of them, such as the channels of an ear;
            (height, width, 2) for a camera, whose units are (y × width + x) × 2 + polarity.
        n_classes: Number of labels, 2 to 256; labels are 0 .. n_classes - 1.
        tick_ms: Length of a tick, the unit of all times.
        train_events: Of N samples. A sample may have no events.
        train_labels: (N,) uint8; given as integers of any type.
        test_events: Of M samples.
        test_labels: (M,) uint8; given as integers of any type.
        class_names: A name of each class, or none at all.
        groups: (N,) the speaker or subject of every training sample, from 0 on; None: not known.
        test_groups: (M,) the same of the test samples.
        group_kind: What a group is, such as `speaker`.
        validation: (V,) places of the training samples that are kept for validation in every run,
            in rising order; None: a run draws them.

    Raises:
        DataError: An array is not of this type, shape or range.
    """

    name: str
    size: Shape
    n_classes: int
    tick_ms: float
    train_events: Events
    train_labels: Bytes
    test_events: Events
    test_labels: Bytes
    class_names: tuple[str, ...] = ()
    groups: Groups | None = None
    test_groups: Groups | None = None
    group_kind: str = ""
    validation: Places | None = None

    def __post_init__(self) -> None:
        whole_number("n_classes", self.n_classes, 2, MOST_CLASSES)
        whole_number("units", self.size.n_pixels, 1, MOST_UNITS)
        if not np.isfinite(self.tick_ms) or self.tick_ms <= 0:
            raise DataError(f"tick_ms: must be above 0, got {self.tick_ms}")
        for part in ("train", "test"):
            events = getattr(self, f"{part}_events")
            if events.highest_unit >= self.size.n_pixels:
                raise DataError(
                    f"{part}_events: units must be 0 to {self.size.n_pixels - 1}, "
                    f"got {events.highest_unit}"
                )
            name = f"{part}_labels"
            checked = labels_of(name, getattr(self, name), len(events), self.n_classes, "sample")
            object.__setattr__(self, name, checked)
        if (self.groups is None) != (self.test_groups is None):
            raise DataError("groups: must be given of training and test samples, or of neither")
        for name, n in (("groups", len(self.train_events)), ("test_groups", len(self.test_events))):
            groups = getattr(self, name)
            if groups is not None:
                object.__setattr__(self, name, _checked_groups(name, groups, n))
        if self.validation is not None:
            _check_validation(self.validation, len(self.train_events))

    @cached_property
    def sha256(self) -> str:
        """Digest of all events, labels, groups and parts, of the size of units and of a tick."""
        digest = hashlib.sha256()
        about = (*self.size, self.n_classes, self.tick_ms, self.groups is not None)
        digest.update(repr(about).encode())
        for events in (self.train_events, self.test_events):
            for array in (events.ticks, events.units, events.offsets):
                digest.update(array.data)
        for labels in (self.train_labels, self.test_labels, self.groups, self.test_groups):
            if labels is not None:
                digest.update(np.ascontiguousarray(labels).data)
        if self.validation is not None:
            digest.update(b"validation" + self.validation.astype(np.int64).tobytes())
        return digest.hexdigest()


def _check_validation(places: Any, n_samples: int) -> None:
    if not isinstance(places, np.ndarray) or places.dtype.kind not in "iu" or places.ndim != 1:
        raise DataError("validation: must be a NumPy array of integers, places of samples")
    rising = len(places) > 0 and bool((np.diff(places.astype(np.int64)) > 0).all())
    if not rising or int(places[0]) < 0 or int(places[-1]) >= n_samples or len(places) == n_samples:
        raise DataError(
            f"validation: must be some of the places 0 to {n_samples - 1}, in rising order, and "
            "not all"
        )


def _checked_groups(name: str, groups: Any, n_samples: int) -> Groups:
    if not isinstance(groups, np.ndarray) or groups.dtype.kind not in "iu":
        raise DataError(f"{name}: must be a NumPy array of integers")
    if groups.shape != (n_samples,):
        raise DataError(f"{name}: must be one per sample, ({n_samples},), not {groups.shape}")
    if int(groups.min()) < 0 or int(groups.max()) >= 2**16:
        raise DataError(f"{name}: must be 0 to 65535")
    return np.ascontiguousarray(groups, dtype=np.uint16)
