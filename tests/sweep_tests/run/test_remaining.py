"""The time that the rest of a sweep takes, told from its own trials."""

from __future__ import annotations

import heapq
import random
from statistics import median

import pytest

from sweep.run.display.remaining import Remaining

EPOCHS, COMPILING_S = 5, 60.0


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("sweep.run.display.remaining.time.monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def ratios(clock: Clock, seed: int, at_once: int, trials: int = 60) -> list[float]:
    """Estimated to true time, at the end of every trial of a simulated sweep.

    A trial takes 10 s at the median; one in eight takes more than twice as long. The loops are
    compiled in the first epoch of the first trials.
    """
    draw, remaining = random.Random(seed), Remaining()
    events: list[tuple[float, str, int, float]] = []
    started, told = 0, list[tuple[float, float]]()

    def begin() -> None:
        nonlocal started
        each = draw.lognormvariate(0.7, 0.6)
        cold = COMPILING_S if started < at_once else 0.0
        remaining.begin(str(started), EPOCHS)
        heapq.heappush(events, (clock.now + each + cold, str(started), 1, each))
        started += 1

    for _ in range(at_once):
        begin()
    ended = 0
    while events:
        clock.now, key, epoch, each = heapq.heappop(events)
        remaining.report(key, epoch)
        if epoch < EPOCHS:
            heapq.heappush(events, (clock.now + each, key, epoch + 1, each))
            continue
        remaining.end(key)
        ended += 1
        if started < trials:
            clock.now += 0.3  # Ray Tune makes the next one
            begin()
        left = remaining.seconds(trials - ended)
        assert left is not None
        told.append((clock.now, left))
    return [left / (clock.now - at) for at, left in told if at < clock.now]


@pytest.mark.parametrize("at_once", [1, 2, 8])
def test_the_estimate_is_neither_low_nor_high_from_the_third_trial_on(
    clock: Clock, at_once: int
) -> None:
    found = [ratios(clock, seed, at_once) for seed in range(40)]
    for ended in (2, 5, 10, 20):
        assert 0.8 < median(each[ended] for each in found) < 1.2


def test_nothing_is_said_before_an_epoch_without_compiling(clock: Clock) -> None:
    remaining = Remaining()
    remaining.begin("a", epochs=4)
    assert remaining.seconds(10) is None
    clock.now += COMPILING_S
    remaining.report("a", 1)
    assert remaining.seconds(10) is None
    clock.now += 5
    remaining.report("a", 2)
    assert remaining.seconds(10) == pytest.approx(9 * 20 + 10)


def test_pruned_trials_shorten_it_and_a_pause_takes_no_time(clock: Clock) -> None:
    remaining = Remaining()
    remaining.begin("warm", epochs=1)
    remaining.report("warm", 1)
    remaining.end("warm")
    remaining.begin("pruned", epochs=4)
    clock.now += 5
    remaining.report("pruned", 1)
    remaining.end("pruned")
    assert remaining.seconds(2) == pytest.approx(2 * 5)
    remaining.begin("paused", epochs=4)
    clock.now += 5
    remaining.report("paused", 1)
    remaining.pause("paused")
    clock.now += 1000
    assert remaining.seconds(1) == pytest.approx(15)
    remaining.begin("paused", epochs=4)
    clock.now += 100  # its process starts anew
    remaining.report("paused", 1)
    assert remaining.seconds(1) == pytest.approx(15)
    clock.now += 5
    remaining.report("paused", 2)
    assert remaining.seconds(1) == pytest.approx(10)
