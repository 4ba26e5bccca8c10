"""The seeds of a search that have no end yet: those that wait to begin, and those that run."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import final

from sweep.search.configurations.candidate import Candidate

Waiting = tuple[Candidate, int]
"""A configuration with one of its seeds."""


@final
class Queue:
    """Seeds in the order of their configurations; what was suggested twice is run once."""

    def __init__(self) -> None:
        self._ready: deque[Waiting] = deque()
        self._in_flight: dict[str, list[Waiting]] = {}  # by config_id; the first of each runs

    def __bool__(self) -> bool:
        """Whether a seed waits to begin."""
        return bool(self._ready)

    def __iter__(self) -> Iterator[Waiting]:
        """Those that wait to begin, as they are now."""
        return iter(list(self._ready))

    def joins(self, candidate: Candidate, seed: int) -> bool:
        """Whether the same run waits or runs already; then this seed ends with it."""
        same = self._in_flight.get(candidate.configs[seed].config_id)
        if same is None:
            return False
        same.append((candidate, seed))
        return True

    def add(self, candidate: Candidate, seed: int) -> None:
        """A seed waits to begin."""
        self._in_flight[candidate.configs[seed].config_id] = [(candidate, seed)]
        self._ready.append((candidate, seed))

    def begin(self, each: Waiting) -> None:
        """A seed begins: it waits no more."""
        self._ready.remove(each)

    def put_back(self, each: Waiting) -> None:
        """A seed that had begun has to begin again, before all others."""
        self._ready.appendleft(each)

    def take_out(self, candidate: Candidate) -> Iterator[tuple[Waiting, list[Waiting]]]:
        """Take out the seeds of a configuration that wait; each with all that end with it."""
        for each in [each for each in self._ready if each[0] is candidate]:
            self._ready.remove(each)
            yield each, self.end(each)

    def end(self, each: Waiting) -> list[Waiting]:
        """A seed has ended; returns all that end with it, itself included."""
        candidate, seed = each
        return self._in_flight.pop(candidate.configs[seed].config_id)
