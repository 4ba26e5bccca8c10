"""What is in event data: lines of text, and a raster of a sample of every class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from snn.data.events.binning import Transform, binned
from snn.data.events.recorded import Recorded

_ROWS, _STEPS, _HIGHEST, _PAUSE, _WIDE = 20, 100, 200, 8, 4


def sizes(data: Recorded) -> str:
    """How many samples, units and classes, in one line."""
    n_train, n_test = len(data.train_labels), len(data.test_labels)
    units = f"{data.size} units" if data.size.height > 1 else f"{data.size.n_pixels} units"
    return f"{n_train} + {n_test} samples  {units}  {data.n_classes} classes"


def lines(data: Recorded) -> list[str]:
    """Samples, events, durations and groups."""
    counts = np.concatenate([data.train_events.counts, data.test_events.counts])
    durations = np.concatenate([data.train_events.durations, data.test_events.durations])
    ms = durations * data.tick_ms
    events = data.train_events
    packed = events.ticks.itemsize + events.units.itemsize
    return [
        f"{'events':<10} {counts.mean():,.0f} a sample, {counts.min():,} to {counts.max():,}; "
        f"{packed} bytes each in memory",
        f"{'empty':<10} {int((counts == 0).sum()):,} samples without an event",
        f"{'duration':<10} {ms.mean():,.0f} ms, 99 % within {np.quantile(ms, 0.99):,.0f} ms, "
        f"{ms.max():,.0f} ms at most; ticks of {data.tick_ms:g} ms",
        f"{'rate':<10} {1000 * counts.sum() / max(1.0, ms.sum()) / data.size.n_pixels:.3g} events "
        "a unit and second",
        *_groups(data),
        *_validation(data),
    ]


def _validation(data: Recorded) -> list[str]:
    if data.validation is None:
        return []
    kept = f"{len(data.validation):,} of the {len(data.train_labels):,} training samples"
    return [f"{'validation':<10} {kept}, the same in every run"]


def _groups(data: Recorded) -> list[str]:
    if data.groups is None or data.test_groups is None:
        return [f"{'groups':<10} none are known: val_groups cannot be used"]
    known, train = np.unique(data.groups, return_counts=True)
    told = ", ".join(f"{group} ({count})" for group, count in zip(known, train, strict=True))
    return [f"{'groups':<10} {len(known)} of kind {data.group_kind}, with samples: {told[:300]}"]


def draw(data: Recorded, file: Path) -> None:
    """Write a raster of the first sample of every class, of 20 classes at most, as a PNG file.

    Time goes to the right, over the time within which 99 % of the samples end; units go upwards.
    The darker, the more events.

    Raises:
        OSError: The file cannot be written.
    """
    from PIL import Image

    ms = data.train_events.durations * data.tick_ms
    longest = max(float(np.quantile(ms, 0.99)), data.tick_ms)
    found = [np.flatnonzero(data.train_labels == c)[:1] for c in range(min(data.n_classes, _ROWS))]
    shown = [_raster(data, int(places[0]), longest) for places in found if len(places)]
    pause = np.full((_PAUSE, shown[0].shape[1]), 255, np.uint8)
    sheet = np.concatenate([part for raster in shown for part in (raster, pause)])
    Image.fromarray(sheet).save(file)


def _raster(data: Recorded, place: int, longest_ms: float) -> NDArray[np.uint8]:
    """Of one sample: units upwards, time to the right; black where most events are."""
    one = data.train_events.take(np.array([place]))
    transform = Transform(_STEPS, longest_ms / _STEPS, counts=True)
    bins = binned(one, data.tick_ms, data.size, transform)
    counts = np.zeros((_STEPS, data.size.n_pixels))
    step = np.repeat(np.arange(_STEPS), np.diff(bins.offsets))
    np.add.at(counts, (step, bins.units.astype(np.int64)), 1)
    pooled = -(-data.size.n_pixels // _HIGHEST)
    wide = np.pad(counts, ((0, 0), (0, -counts.shape[1] % pooled)))
    summed = wide.reshape(_STEPS, -1, pooled).sum(axis=2).T[::-1]
    dark = 255 * (1 - np.minimum(1.0, summed / max(1.0, np.quantile(summed, 0.99))))
    raster: NDArray[np.uint8] = dark.astype(np.uint8).repeat(_WIDE, axis=1)
    return raster
