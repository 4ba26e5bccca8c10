"""Who fires when, and the sums over them that all loops share."""

from __future__ import annotations

from typing import NamedTuple

from snn.kernels.steps.parts import F32, I32, step_part


class Events(NamedTuple):
    """Who fires when: `rows[b, offsets[b, t] : offsets[b, t + 1]]` at step t of image b.

    Attributes:
        rows: (B, capacity) int32.
        offsets: (B, T + 1) int32.
    """

    rows: I32
    offsets: I32


class Inputs(NamedTuple):
    """What drives a layer: events or a constant current.

    Attributes:
        events: By step; of a periodic code, by period.
        current: (B, H) the same at all steps, or of size 0.
        divisors: Periods that divide step t stand from `starts[t]` to `starts[t + 1]`; of size 0
            where events are by step.
        starts: (T + 1,).
        values: (B, capacity) factor of every event; of size 0 where all are 1.
    """

    events: Events
    current: F32
    divisors: I32
    starts: I32
    values: F32


@step_part
def zero(matrix: F32, row: int) -> None:
    """Set a row to 0."""
    for h in range(matrix.shape[1]):
        matrix[row, h] = 0


@step_part
def add_row(target: F32, to: int, source: F32, row: int) -> None:
    """Add a row to a row."""
    for h in range(target.shape[1]):
        target[to, h] += source[row, h]


@step_part
def add_rows(target: F32, to: int, source: F32, events: Events, b: int, slot: int) -> None:
    """Sum up the rows of all who fire; four at a time, to read and write the sum less often."""
    k, end = events.offsets[b, slot], events.offsets[b, slot + 1]
    while k + 4 <= end:
        one, two = events.rows[b, k], events.rows[b, k + 1]
        three, four = events.rows[b, k + 2], events.rows[b, k + 3]
        for h in range(target.shape[1]):
            first = source[one, h] + source[two, h]
            target[to, h] += first + (source[three, h] + source[four, h])
        k += 4
    while k < end:
        add_row(target, to, source, events.rows[b, k])
        k += 1


@step_part
def add_rows_times(
    target: F32, to: int, source: F32, events: Events, values: F32, b: int, slot: int
) -> None:
    """Sum up the rows of all events, each times its value."""
    for k in range(events.offsets[b, slot], events.offsets[b, slot + 1]):
        row, value = events.rows[b, k], values[b, k]
        for h in range(target.shape[1]):
            target[to, h] += value * source[row, h]


@step_part
def mark(fired: F32, row: int, spikes: Events, b: int, t: int) -> None:
    """Write the spikes of a step as ones."""
    for k in range(spikes.offsets[b, t], spikes.offsets[b, t + 1]):
        fired[row, spikes.rows[b, k]] = 1


@step_part
def add_to_rows(target: F32, events: Events, b: int, slot: int, source: F32, row: int) -> None:
    """Add a row to the rows of all who fired."""
    for k in range(events.offsets[b, slot], events.offsets[b, slot + 1]):
        add_row(target, events.rows[b, k], source, row)


@step_part
def add_to_rows_times(
    target: F32, events: Events, values: F32, b: int, slot: int, source: F32, row: int
) -> None:
    """Add a row to the rows of all events, each time times the value."""
    for k in range(events.offsets[b, slot], events.offsets[b, slot + 1]):
        to, value = events.rows[b, k], values[b, k]
        for h in range(target.shape[1]):
            target[to, h] += value * source[row, h]
