"""Who fires when, and the sums over them that all loops share."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from snn.kernels.cpu.lanes import LANES, load, spread, store
from snn.kernels.cpu.steps.parts import F32, I32, step_part

_WIDE = 4 * LANES  # columns of a row that are summed up in registers together
TOP = np.intp(0)
"""The first row. To Numba a plain 0 is a type of its own, for which it compiles all once more."""


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
        current: (B, H) the same at all steps, in whole lanes, or of size 0. Where `pixels` are
            given, the loops write it, and images may use fewer rows in turn.
        divisors: Periods that divide step t stand from `starts[t]` to `starts[t + 1]`; of size 0
            where events are by step.
        starts: (T + 1,).
        values: (B, capacity) factor of every event; of size 0 where all are 1.
        pixels: (B, N) grey levels that make the current, or of size 0; see `lit.sum_lit`.
        table: (256,) what a grey level stands for.
    """

    events: Events
    current: F32
    divisors: I32
    starts: I32
    values: F32
    pixels: NDArray[np.uint8]
    table: F32


@step_part
def zeros(n_rows: int, width: int) -> F32:
    """Zeros (n_rows, width) that begin with a line of the cache, as rows of whole lanes then do."""
    room = np.zeros(n_rows * width + LANES, np.float32)
    skip = LANES - room.ctypes.data // 4 % LANES
    return room[skip : skip + n_rows * width].reshape(n_rows, width)


@step_part
def zero(matrix: F32, row: int) -> None:
    """Set a row of whole lanes to 0."""
    for h in range(0, matrix.shape[1], LANES):
        store(matrix, (row, h), spread(np.float32(0)))


@step_part
def copy_row(target: F32, to: int, source: F32, b: int, t: int) -> None:
    """Copy the row of whole lanes that stands in `source` (B, T, ·) at (b, t)."""
    for h in range(0, target.shape[1], LANES):
        store(target, (to, h), load(source, (b, t, h)))


@step_part
def add_row(target: F32, to: int, source: F32, row: int) -> None:
    """Add a row to a row, as far as both go."""
    h, width = TOP, min(target.shape[1], source.shape[1])
    while h + LANES <= width:
        store(target, (to, h), load(target, (to, h)) + load(source, (row, h)))
        h += LANES
    for rest in range(h, width):
        target[to, rest] += source[row, rest]


@step_part
def add_rows(target: F32, to: int, source: F32, events: Events, b: int, slot: int) -> None:
    """Sum up the rows of all who fire; four are added to each other first.

    A few columns of the sum stay in registers; it is written once.
    """
    width = source.shape[1]
    begin, end = np.intp(events.offsets[b, slot]), np.intp(events.offsets[b, slot + 1])
    whole = end - (end - begin) % 4
    h = TOP
    while h + _WIDE <= width:
        places = (h, h + LANES, h + 2 * LANES, h + 3 * LANES)
        first, second = load(target, (to, places[0])), load(target, (to, places[1]))
        third, fourth = load(target, (to, places[2])), load(target, (to, places[3]))
        for k in range(begin, whole, 4):
            first += _four(source, events, b, k, places[0])
            second += _four(source, events, b, k, places[1])
            third += _four(source, events, b, k, places[2])
            fourth += _four(source, events, b, k, places[3])
        for k in range(whole, end):
            row = np.intp(events.rows[b, k])
            first += load(source, (row, places[0]))
            second += load(source, (row, places[1]))
            third += load(source, (row, places[2]))
            fourth += load(source, (row, places[3]))
        store(target, (to, places[0]), first)
        store(target, (to, places[1]), second)
        store(target, (to, places[2]), third)
        store(target, (to, places[3]), fourth)
        h += _WIDE
    while h + LANES <= width:
        store(target, (to, h), load(target, (to, h)) + sum_rows(source, events, b, slot, h))
        h += LANES
    if h < width:
        _add_rest_of_rows(target, to, source, events, b, slot, h)


@step_part
def sum_rows(source: F32, events: Events, b: int, slot: int, h: int) -> Any:
    """Sixteen columns of the sum of the rows of all who fire."""
    begin, end = np.intp(events.offsets[b, slot]), np.intp(events.offsets[b, slot + 1])
    whole = end - (end - begin) % 4
    total = spread(np.float32(0))
    for k in range(begin, whole, 4):
        total += _four(source, events, b, k, h)
    for k in range(whole, end):
        total += load(source, (np.intp(events.rows[b, k]), h))
    return total


@step_part
def _four(source: F32, events: Events, b: int, k: int, h: int) -> Any:
    one, two = np.intp(events.rows[b, k]), np.intp(events.rows[b, k + 1])
    three, four = np.intp(events.rows[b, k + 2]), np.intp(events.rows[b, k + 3])
    first = load(source, (one, h)) + load(source, (two, h))
    return first + (load(source, (three, h)) + load(source, (four, h)))


@step_part
def _add_rest_of_rows(
    target: F32, to: int, source: F32, events: Events, b: int, slot: int, column: int
) -> None:
    """The same from a column on, in the same order."""
    k, end = events.offsets[b, slot], events.offsets[b, slot + 1]
    while k + 4 <= end:
        one, two = events.rows[b, k], events.rows[b, k + 1]
        three, four = events.rows[b, k + 2], events.rows[b, k + 3]
        for h in range(column, source.shape[1]):
            first = source[one, h] + source[two, h]
            target[to, h] += first + (source[three, h] + source[four, h])
        k += 4
    while k < end:
        for h in range(column, source.shape[1]):
            target[to, h] += source[events.rows[b, k], h]
        k += 1


@step_part
def add_rows_times(
    target: F32, to: int, source: F32, events: Events, values: F32, b: int, slot: int
) -> None:
    """Sum up the rows of all events, each times its value, as far as rows go."""
    width = min(target.shape[1], source.shape[1])
    begin, end = np.intp(events.offsets[b, slot]), np.intp(events.offsets[b, slot + 1])
    h = TOP
    while h + _WIDE <= width:
        places = (h, h + LANES, h + 2 * LANES, h + 3 * LANES)
        first, second = load(target, (to, places[0])), load(target, (to, places[1]))
        third, fourth = load(target, (to, places[2])), load(target, (to, places[3]))
        for k in range(begin, end):
            row, value = np.intp(events.rows[b, k]), values[b, k]
            first += value * load(source, (row, places[0]))
            second += value * load(source, (row, places[1]))
            third += value * load(source, (row, places[2]))
            fourth += value * load(source, (row, places[3]))
        store(target, (to, places[0]), first)
        store(target, (to, places[1]), second)
        store(target, (to, places[2]), third)
        store(target, (to, places[3]), fourth)
        h += _WIDE
    while h + LANES <= width:
        first = load(target, (to, h))
        for k in range(begin, end):
            first += values[b, k] * load(source, (np.intp(events.rows[b, k]), h))
        store(target, (to, h), first)
        h += LANES
    if h < width:
        for k in range(begin, end):
            for rest in range(h, width):
                target[to, rest] += values[b, k] * source[events.rows[b, k], rest]


@step_part
def add_to_rows(
    target: F32, above: int, events: Events, b: int, slot: int, source: F32, row: int
) -> None:
    """Add a row to the rows of all who fired, one after the other.

    Args:
        target: (above + N, W or more).
        above: Rows that stand before those that are meant.
        events: Who fired.
        b: Image.
        slot: Step or period.
        source: (·, W or more) has the row.
        row: Which it is.
    """
    width = min(target.shape[1], source.shape[1])
    begin, end = np.intp(events.offsets[b, slot]), np.intp(events.offsets[b, slot + 1])
    h = TOP
    while h + _WIDE <= width:
        places = (h, h + LANES, h + 2 * LANES, h + 3 * LANES)
        first, second = load(source, (row, places[0])), load(source, (row, places[1]))
        third, fourth = load(source, (row, places[2])), load(source, (row, places[3]))
        for k in range(begin, end):
            to = above + np.intp(events.rows[b, k])
            store(target, (to, places[0]), load(target, (to, places[0])) + first)
            store(target, (to, places[1]), load(target, (to, places[1])) + second)
            store(target, (to, places[2]), load(target, (to, places[2])) + third)
            store(target, (to, places[3]), load(target, (to, places[3])) + fourth)
        h += _WIDE
    while h + LANES <= width:
        add_to_lanes(target, above, events, b, slot, load(source, (row, h)), h)
        h += LANES
    if h < width:
        for k in range(begin, end):
            to = above + np.intp(events.rows[b, k])
            for rest in range(h, width):
                target[to, rest] += source[row, rest]


@step_part
def add_to_lanes(
    target: F32, above: int, events: Events, b: int, slot: int, added: Any, h: int
) -> None:
    """Add sixteen numbers to the columns from h on of the rows of all who fired."""
    for k in range(events.offsets[b, slot], events.offsets[b, slot + 1]):
        to = above + np.intp(events.rows[b, k])
        store(target, (to, h), load(target, (to, h)) + added)


@step_part
def add_to_rows_times(
    target: F32, events: Events, values: F32, b: int, slot: int, source: F32, row: int
) -> None:
    """Add a row to the rows of all events, each time times the value."""
    for k in range(events.offsets[b, slot], events.offsets[b, slot + 1]):
        to, value = np.intp(events.rows[b, k]), values[b, k]
        h, width = TOP, target.shape[1]
        while h + LANES <= width:
            store(target, (to, h), load(target, (to, h)) + value * load(source, (row, h)))
            h += LANES
        for rest in range(h, width):
            target[to, rest] += value * source[row, rest]
