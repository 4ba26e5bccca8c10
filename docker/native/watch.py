"""Watching over services: one that dies is named, and started again, as Docker would do it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from native.service import Service

_RESTARTS = 5  # in a row; what fails so often will fail again
_FIRST_PAUSE_S = 0.5  # before the first of them; twice as long before each of the next
_STEADY_S = 10.0  # who has lived so long has not failed in a row


@dataclass
class _Restarts:
    """Of a service: since when, how often it has died in a row, when it is started again."""

    begun: float
    deaths: int = 0
    due: float | None = None


class Watch:
    """Looks after services that run.

    Args:
        services: They have been started.
        say: Called with a line about each that has died.
    """

    def __init__(self, services: Iterable[Service], say: Callable[[str], object]) -> None:
        now = time.monotonic()
        self._restarts = [(service, _Restarts(now)) for service in services]
        self._say = say

    def look(self) -> None:
        """Say who has died, and start again whose pause is over; called every second or so."""
        for service, life in self._restarts:
            now = time.monotonic()
            if service.running:
                service.processes()  # so that they are known when the first of them has died
            elif life.due is None:
                life.deaths = 1 if now - life.begun > _STEADY_S else life.deaths + 1
                life.due = now + _FIRST_PAUSE_S * 2 ** (life.deaths - 1)
                then = "and is started again"
                if life.deaths > _RESTARTS:
                    life.due, then = math.inf, f"{life.deaths} times in a row, and stays dead"
                self._say(f"{service.name} has died, {then}; its log: {service.log}")
            elif now >= life.due:
                service.kill()  # what is left of it
                service.launch()
                life.begun, life.due = time.monotonic(), None
