"""Events become bins: who fired in which time step. Imports no torch.

    none:      step(e) = ⌊time(e) / time_bin⌋
    onset:     step(e) = ⌊(time(e) − begin) / time_bin⌋
    duration:  step(e) = ⌊(time(e) − begin) / (end − begin) · n_steps⌋

Events of step n_steps or later are cut. Recordings begin with silence of any length, and people
speak at different speeds. So a recording can be aligned by itself: `begin` and `end` are the times
between which all its events are but `TRIMMED` of them at either side, as a click is no speech.
Those outside are in the first and in the last step.

Units are pooled: `pool` neighbours of a row are one input, of a camera `pool` × `pool` pixels of
one polarity. Of what an input gets within a step, the count is kept, or it is clipped to 1.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from snn.data.events.packed import Events
from snn.data.events.recorded import Recorded
from snn.data.shapes import Shape

POLARITIES = ("both", "merged", "on", "off")
ALIGNMENTS = ("none", "onset", "duration")
TRIMMED = 0.02  # share of a recording's events before its begin, and after its end
_CHUNK = 2**21  # events that are sorted at a time
_KEPT = 4  # transforms of whole data sets that a process keeps


class Transform(NamedTuple):
    """How events are brought into bins.

    Attributes:
        n_steps: T.
        time_bin: Length of a step in ms.
        pool: So many neighbours are one input.
        polarity: One of `POLARITIES`: what becomes of the two kinds of a camera's events.
        counts: Whether counts are kept, rather than clipped to 1.
        align: One of `ALIGNMENTS`: what the first step and the length of a step are.
    """

    n_steps: int
    time_bin: float
    pool: int = 1
    polarity: str = "both"
    counts: bool = False
    align: str = "none"


class Cut(NamedTuple):
    """What is later than the last step: samples that have such events, and the events."""

    samples: int
    events: int


class Bins(NamedTuple):
    """Samples in bins.

    Attributes:
        units: (E,) uint16 or int32, inputs that fire; in a step in rising order. One that fires
            more than once, where counts are kept, is there more than once.
        offsets: (S · T + 1,) int64: step t of sample s has the units from `offsets[s · T + t]` to
            the next.
    """

    units: NDArray[Any]
    offsets: NDArray[np.int64]


def pooled(size: Shape, transform: Transform) -> Shape:
    """The shape of the inputs."""
    height, width, polarities = size
    kept = polarities if transform.polarity == "both" else 1
    return Shape(-(-height // transform.pool), -(-width // transform.pool), kept)


@lru_cache(maxsize=_KEPT)
def _kept(source: _Source, transform: Transform) -> tuple[Bins, Bins]:
    data = source.data
    return (
        binned(data.train_events, data.tick_ms, data.size, transform),
        binned(data.test_events, data.tick_ms, data.size, transform),
    )


class _Source:
    """A data set that is known by its digest, as the place of its bins among those kept."""

    def __init__(self, data: Recorded) -> None:
        self.data = data

    def __hash__(self) -> int:
        return hash(self.data.sha256)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Source) and other.data.sha256 == self.data.sha256


def bins_of(data: Recorded, transform: Transform) -> tuple[Bins, Bins]:
    """Training and test samples in bins; kept in this process by digest and transform."""
    return _kept(_Source(data), transform)


def binned(events: Events, tick_ms: float, size: Shape, transform: Transform) -> Bins:
    """Samples in bins.

    Args:
        events: Whose units are those of `size`.
        tick_ms: Length of their ticks.
        size: Of the units: height, width, polarities.
        transform: What is done.
    """
    n_steps, n_inputs = transform.n_steps, pooled(size, transform).n_pixels
    inputs = _inputs(size, transform)
    small = np.uint16 if n_inputs <= 2**16 else np.int32
    units, sizes = [], []
    for first, last in _parts(events.offsets):
        part = slice(events.offsets[first], events.offsets[last])
        sample = np.repeat(np.arange(last - first), events.counts[first:last])
        step, unit = _steps(events, first, last, tick_ms, transform), inputs[events.units[part]]
        kept = (step < n_steps) & (unit >= 0)
        key = (sample[kept] * n_steps + step[kept]) * n_inputs + unit[kept]
        key.sort()  # np.unique takes ten times as long
        if not transform.counts:
            key = key[np.diff(key, prepend=-1) > 0]
        units.append((key % n_inputs).astype(small))
        sizes.append(np.bincount(key // n_inputs, minlength=(last - first) * n_steps))
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(sizes))])
    return Bins(np.concatenate(units), offsets)


def cut(events: Events, tick_ms: float, transform: Transform) -> Cut:
    """What binning leaves out, as it is later than the last step."""
    samples = late_events = 0
    for first, last in _parts(events.offsets):
        steps = _steps(events, first, last, tick_ms, transform)
        late = np.flatnonzero(steps >= transform.n_steps) + events.offsets[first]
        late_events += len(late)
        places = np.searchsorted(events.offsets, late, side="right")
        samples += len(np.unique(places))
    return Cut(samples, late_events)


def _steps(
    events: Events, first: int, last: int, tick_ms: float, transform: Transform
) -> NDArray[np.int64]:
    """(E,) the step of every event of some samples, by the middle of its tick; at most n_steps."""
    bounds = events.offsets[first : last + 1]
    middle = events.ticks[bounds[0] : bounds[-1]] + 0.5
    rate: NDArray[np.float64] | float = tick_ms / transform.time_bin
    most = transform.n_steps
    if transform.align != "none":
        begin, length = _spans(events, bounds)
        counts = np.diff(bounds)
        middle -= np.repeat(begin, counts)
        if transform.align == "duration":
            rate = np.repeat(transform.n_steps / length, counts)
            most -= 1
    steps: NDArray[np.int64] = np.clip(middle * rate, 0, most).astype(np.int64)
    return steps


def _spans(
    events: Events, bounds: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(S,) when every recording begins, and how long it lasts, in ticks; see above."""
    counts = np.diff(bounds)
    begin, length = np.zeros(len(counts)), np.ones(len(counts))
    some = np.flatnonzero(counts)
    outside = (counts[some] * TRIMMED).astype(np.int64)
    begin[some] = events.ticks[bounds[some] + outside]
    length[some] = events.ticks[bounds[some + 1] - 1 - outside] + 1.0 - begin[some]
    return begin, length


def _inputs(size: Shape, transform: Transform) -> NDArray[np.int64]:
    """The input of every unit; -1 of those that are left out."""
    shape = pooled(size, transform)
    y, x, polarity = np.unravel_index(np.arange(size.n_pixels), size)
    kept = polarity if transform.polarity == "both" else np.zeros_like(polarity)
    found = np.ravel_multi_index((y // transform.pool, x // transform.pool, kept), shape)
    if transform.polarity in ("on", "off") and size.channels > 1:
        found[polarity != (transform.polarity == "on")] = -1
    return found.astype(np.int64)


def _parts(offsets: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Samples from and to, so many that a part has about `_CHUNK` events."""
    bounds = np.searchsorted(offsets, np.arange(0, offsets[-1] + 1, _CHUNK))
    edges = sorted({0, *bounds.tolist(), len(offsets) - 1})
    return [(a, b) for a, b in pairwise(edges) if b > a]
