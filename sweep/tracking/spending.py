"""What a launch has taken so far, over all its drivers, from its notes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, final

from analysis.records import Tag


@dataclass(frozen=True)
class Spent:
    """What a launch has taken; trials that were reused are not counted.

    Attributes:
        wall_s: Seconds by the clock while a driver ran.
        trial_s: Seconds of training, summed over the trials.
        epochs: Epochs, summed over the trials.
    """

    wall_s: float = 0.0
    trial_s: float = 0.0
    epochs: int = 0


@final
class Spending:
    """Counts along the notes of a launch: those of earlier drivers first, then its own.

    The time of a driver that was killed counts up to its last note.

    Args:
        parent: Key of the run of the launch, which a driver begins first.
    """

    def __init__(self, parent: str) -> None:
        self._parent = parent
        self._reused = set[str]()
        self._earlier_ms = self._began_ms = self._last_ms = 0
        self._trial_s, self._epochs = 0.0, 0
        self._started = time.monotonic()

    def take(self, event: dict[str, Any]) -> None:
        """Count a note."""
        key, what = event["run"], event["do"]
        if what == "begin" and key == self._parent:
            self._earlier_ms += self._last_ms - self._began_ms
            self._began_ms = event["time"]
            self._started = time.monotonic()
        elif what == "begin" and Tag.REUSED_FROM in event["tags"]:
            self._reused.add(key)
        elif what == "epoch" and key not in self._reused:
            self._epochs += 1
            self._trial_s += event["metrics"].get("epoch_seconds", 0.0)
        self._last_ms = max(event["time"], self._began_ms)

    def of_earlier(self) -> Spent:
        """All that was taken up to the last note, while no driver runs."""
        wall_ms = self._earlier_ms + self._last_ms - self._began_ms
        return Spent(wall_ms / 1000, self._trial_s, self._epochs)

    def so_far(self) -> Spent:
        """All that was taken up to now, while a driver runs."""
        wall_s = self._earlier_ms / 1000 + time.monotonic() - self._started
        return Spent(wall_s, self._trial_s, self._epochs)
