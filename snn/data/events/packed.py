"""Events of many samples, packed: 4 bytes an event, or 6 where there are more than 65,536 units.

An event says when and who: the time in ticks since the recording began, and the unit (a channel of
an ear, a pixel of a camera). Samples lie one after the other. Imports no torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snn.errors import DataError

MOST_TICKS = 2**16
MOST_UNITS = 2**22
_CHUNK = 2**22  # events that are computed at a time, in wider numbers


@dataclass(frozen=True, eq=False)
class Events:
    """Events of S samples.

    Attributes:
        ticks: (E,) uint16, times; within a sample they do not run backwards.
        units: (E,) uint16 or uint32.
        offsets: (S + 1,) int64: sample s has the events from `offsets[s]` to `offsets[s + 1]`.

    Raises:
        DataError: An array is not of this type, shape or order.
    """

    ticks: NDArray[np.uint16]
    units: NDArray[Any]
    offsets: NDArray[np.int64]

    def __post_init__(self) -> None:
        _require(_is(self.ticks, np.uint16), "ticks: must be a NumPy array (E,) of uint16")
        known = _is(self.units, np.uint16) or _is(self.units, np.uint32)
        _require(known, "units: must be a NumPy array (E,) of uint16 or uint32")
        _require(_is(self.offsets, np.int64), "offsets: must be a NumPy array (S + 1,) of int64")
        n, offsets = len(self.ticks), self.offsets
        _require(len(self.units) == n, f"units: {len(self.units)} for {n} times")
        _require(len(offsets) > 1, "offsets: there is no sample")
        whole = offsets[0] == 0 and offsets[-1] == n and bool((np.diff(offsets) >= 0).all())
        _require(whole, f"offsets: must rise from 0 to {n}, the number of events")
        for name in ("ticks", "units", "offsets"):
            object.__setattr__(self, name, np.ascontiguousarray(getattr(self, name)))
        backwards = first_backwards(self.ticks, offsets)
        _require(backwards is None, f"ticks: run backwards in sample {backwards}")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def counts(self) -> NDArray[np.int64]:
        """(S,) events of every sample."""
        return np.diff(self.offsets)

    @property
    def durations(self) -> NDArray[np.int64]:
        """(S,) ticks from the begin of every sample to the end of its last event."""
        last = np.zeros(len(self), dtype=np.int64)
        some = self.counts > 0
        last[some] = self.ticks[self.offsets[1:][some] - 1].astype(np.int64) + 1
        return last

    @property
    def highest_unit(self) -> int:
        """Of all events; -1 where there are none."""
        return int(self.units.max()) if len(self.units) else -1

    def take(self, places: NDArray[Any]) -> Events:
        """The samples at these places."""
        counts = self.counts[places]
        offsets = np.concatenate([[0], np.cumsum(counts)])
        inside = np.arange(offsets[-1]) + np.repeat(self.offsets[places] - offsets[:-1], counts)
        return Events(self.ticks[inside], self.units[inside], offsets)

    def joined(self, other: Events) -> Events:
        """These samples and then those of another."""
        wider = np.promote_types(self.units.dtype, other.units.dtype)
        return Events(
            np.concatenate([self.ticks, other.ticks]),
            np.concatenate([self.units, other.units], dtype=wider),
            np.concatenate([self.offsets, self.offsets[-1] + other.offsets[1:]]),
        )


def first_backwards(times: NDArray[Any], offsets: NDArray[np.int64]) -> int | None:
    """The first sample in which a time is before that of the event before it."""
    for first in range(0, len(times), _CHUNK):
        part = times[first : first + _CHUNK + 1]
        for at in np.flatnonzero(part[1:] < part[:-1]) + first + 1:
            sample = int(np.searchsorted(offsets, at, side="right")) - 1
            if offsets[sample] != at:
                return sample
    return None


def chunks(n_events: int) -> Iterator[slice]:
    """All events, a few at a time."""
    for first in range(0, n_events, _CHUNK):
        yield slice(first, first + _CHUNK)


def _is(array: Any, dtype: Any) -> bool:
    return isinstance(array, np.ndarray) and array.dtype == dtype and array.ndim == 1


def _require(holds: bool, line: str) -> None:
    if not holds:
        raise DataError(line)
