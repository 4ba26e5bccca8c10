"""How long the rest of a sweep takes, from what its own trials have taken so far."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import fmean
from typing import final

_GAP_S = 5.0  # the longest time between two trials of a place that is counted for the second


@dataclass
class _Clock:
    """The time of a trial that has not ended.

    Attributes:
        epochs: All.
        since: When what is measured began.
        measures: Whether that was its begin; else it is its next report.
        epoch: The last one reported.
        before: Seconds that all its epochs take, as was measured before it was paused.
        at: When that epoch was reported.
        start: The epoch at `since`.
    """

    epochs: int
    since: float
    measures: bool
    epoch: int = 0
    before: float | None = None
    at: float = 0.0
    start: int = 0

    def report(self, epoch: int, now: float) -> None:
        """An epoch is done."""
        goes_on = self.epoch == 0 and epoch > 1  # from the file of an earlier driver
        if goes_on or not self.measures:
            self.start, self.since, self.measures = epoch, now, True
        self.epoch, self.at = epoch, now

    def whole(self) -> float | None:
        """Seconds that all its epochs take; None before there is an epoch to tell from."""
        done = self.epoch - self.start if self.measures else 0
        return (self.at - self.since) * self.epochs / done if done > 0 else self.before

    def least(self, now: float) -> float:
        """Seconds that all its epochs take at least, from the epoch that it is in."""
        return (now - max(self.since, self.at)) * self.epochs if self.measures else 0.0

    def again(self, now: float) -> _Clock:
        """The trial goes on after a pause."""
        return _Clock(self.epochs, now, False, self.epoch, self.whole())

    @property
    def left(self) -> float:
        """The share of its epochs that is still to come."""
        return max(0.0, 1 - self.epoch / self.epochs)


@final
class Remaining:
    """Estimates the time to the end of a sweep.

    The mean time of a trial is over those that have ended and those that run, the latter as if
    they came to their last epoch. A mean over the ended ones alone would be too short: the first
    to end are the short ones. The first epochs of the first workers are left out, because the
    loops are compiled in them.
    """

    def __init__(self) -> None:
        self._open: dict[str, _Clock] = {}
        self._running: set[str] = set()
        self._taken: list[float] = []  # seconds of every trial that has ended
        self._free: list[float] = []  # when places became free
        self._at_once, self._warm = 1, False

    def begin(self, key: str, epochs: int) -> None:
        """A trial starts, or goes on."""
        now, known = time.monotonic(), self._open.get(key)
        freed = self._free.pop() if self._free else now
        since = freed if now - freed < _GAP_S else now
        clock = _Clock(epochs, since, measures=self._warm)
        self._open[key] = known.again(now) if known else clock
        self._running.add(key)
        self._at_once = len(self._running)

    def report(self, key: str, epoch: int) -> None:
        """A trial has done an epoch."""
        self._warm = True
        self._open[key].report(epoch, time.monotonic())

    def pause(self, key: str) -> None:
        """A trial waits for other trials, or for another process."""
        self._leave(key)

    def end(self, key: str) -> None:
        """A trial has ended; nothing happens if this driver did not run it."""
        clock = self._open.pop(key, None)
        if clock is None:
            return
        self._leave(key)
        whole = clock.whole()
        if whole is not None:
            self._taken.append(whole * clock.epoch / clock.epochs)
        elif clock.measures and not clock.epoch:  # it has failed in its first epoch
            self._taken.append(time.monotonic() - clock.since)
        self._warm = True

    def seconds(self, left: int) -> float | None:
        """Seconds to the end of so many trials, running ones included; None before it is known."""
        now, clocks = time.monotonic(), self._open
        known = [whole for clock in clocks.values() if (whole := clock.whole()) is not None]
        if not self._taken and not known:
            return None
        usual = fmean([*self._taken, *known])
        wholes = {key: clock.whole() or usual + clock.least(now) for key, clock in clocks.items()}
        mean = fmean([*self._taken, *wholes.values()])
        rests = {key: whole * clocks[key].left for key, whole in wholes.items()}
        every = sum(rests.values()) + mean * max(0, left - len(rests))
        longest = max((rests[key] for key in self._running), default=0.0)
        return max(longest, every / self._at_once)

    def _leave(self, key: str) -> None:
        """The place of a trial is free."""
        if key in self._running:
            self._running.remove(key)
            self._free.append(time.monotonic())
