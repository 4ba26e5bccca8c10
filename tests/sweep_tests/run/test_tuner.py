"""How a sweep is stopped while Ray Tune runs."""

from __future__ import annotations

import threading
from typing import Any

from sweep.host.stopping import Stop
from sweep.run.tuner import fit


class LongEpoch:
    """Is asked to stop, and ends once the user has been told what it waits for."""

    def __init__(self, stop: Stop, told: threading.Event) -> None:
        self.stop, self.told = stop, told

    def fit(self) -> None:
        self.stop()
        assert self.told.wait(10)


def test_who_stops_a_sweep_is_told_at_once_what_it_waits_for_and_only_once() -> None:
    stop, told, times = Stop(), threading.Event(), []

    def tell() -> None:
        times.append(stop.asked)
        threading.Timer(0.3, told.set).start()  # it goes on to look meanwhile

    tuner: Any = LongEpoch(stop, told)
    assert fit(tuner, stop, lambda: "", tell) == ""
    assert times == [True]
