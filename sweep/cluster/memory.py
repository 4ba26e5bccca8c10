"""How many trials the machines have memory for, by what trials were seen to take."""

from __future__ import annotations

import resource
import sys

_UNMEASURED = 2**30  # bytes; a worker with PyTorch and a small data set takes about half of it


def peak_memory() -> int:
    """The most memory that this process has taken so far, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


class Memory:
    """What the trials of a sweep take, and which of them were killed for lack of it.

    A trial that was killed comes back when no other runs. Afterwards, fewer than before run at
    once. One that is killed again, alone, does not fit.

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
        """How many trials can run at once, by those that were killed."""
        return 1 if self._waiting else self._limit

    def report(self, taken: float) -> None:
        """A trial has taken so many bytes."""
        self.each = max(self.each, taken) if self.measured else taken
        self.measured = True

    def fits(self, key: str) -> bool:
        """Whether a trial, killed just now, may fit when it is alone."""
        return key not in self._waiting

    def kill(self, key: str, running: int) -> None:
        """A trial was killed for lack of memory; so many were running, it included."""
        self._waiting.add(key)
        self._limit = max(1, min(self._limit, running - 1))

    def end(self, key: str) -> None:
        """A trial has ended."""
        self._waiting.discard(key)

    def room(self, available: float) -> int:
        """How many trials a machine has memory for; one may always try."""
        return max(1, int(available // self.each))
