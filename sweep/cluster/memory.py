"""How many trials fit into the memory of the machines, by what trials have taken so far."""

from __future__ import annotations

import resource
import sys

_UNMEASURED = 2**30  # bytes; a worker with PyTorch and a small data set takes about half of it


def peak_memory() -> int:
    """The most memory that this process has taken so far, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


class Memory:
    """The memory that trials take, and which trials were killed because it ran out.

    A trial that was killed comes back when no other runs. Afterwards, fewer than before run at
    once. A trial that is killed again, while it runs alone, does not fit.

    Attributes:
        each: What one trial takes, in bytes: the most that any has taken.
        measured: Whether that was measured.
    """

    def __init__(self) -> None:
        self.each, self.measured = float(_UNMEASURED), False
        self._waiting: set[str] = set()
        self._limit = sys.maxsize

    @property
    def limit(self) -> int:
        """How many trials can run at once, as far as killed trials have shown."""
        return 1 if self._waiting else self._limit

    def report(self, taken: float) -> None:
        """Note how many bytes a trial has taken."""
        self.each = max(self.each, taken) if self.measured else taken
        self.measured = True

    def fits(self, key: str) -> bool:
        """Whether a trial, killed just now, may fit when it is alone."""
        return key not in self._waiting

    def kill(self, key: str, running: int) -> None:
        """Note that a trial was killed because memory ran out, and how many ran, including it."""
        self._waiting.add(key)
        self._limit = max(1, min(self._limit, running - 1))

    def end(self, key: str) -> None:
        """Note that a trial has ended."""
        self._waiting.discard(key)

    def room(self, available: float) -> int:
        """How many trials a machine has memory for; one may always try."""
        return max(1, int(available // self.each))
