"""Times that can be compared on a noisy machine: taken in turns, and given as medians."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

_SHORTEST_S = 0.15  # of one sample, else it is repeated within


class Time(NamedTuple):
    """Seconds of one call: median and quartiles."""

    median: float
    low: float
    high: float


def interleaved(calls: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, Time]:
    """The time of every call, one sample of each in turn, so that all meet the same noise."""
    counts = {}
    for name, call in calls.items():
        call()
        counts[name] = max(1, round(_SHORTEST_S / _seconds(call, 1)))
    samples: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            call()  # the caches, and the threads of the one before
            samples[name].append(_seconds(call, counts[name]))
    return {name: summary(values) for name, values in samples.items()}


def _seconds(call: Callable[[], object], count: int) -> float:
    started = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - started) / count


def summary(values: Sequence[float]) -> Time:
    """Median and quartiles."""
    if len(values) < 2:
        return Time(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Time(median, low, high)


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The p of seconds ~ sizeᵖ, by least squares of the logarithms."""
    logs = [math.log(size) for size in sizes], [math.log(value) for value in seconds]
    return statistics.linear_regression(*logs).slope
