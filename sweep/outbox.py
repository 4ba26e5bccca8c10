"""What is to be logged, on disk first: an append-only file, and how much of it was delivered.

A line is written whole and flushed before the sweep goes on; a line cut off by a crash is ignored
and written over. `delivered` grows by a line per batch, so both survive a kill at any moment.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

Event = dict[str, Any]


class Outbox:
    """Events in order, with a mark up to which they were delivered.

    Args:
        events: File of the events, created if missing.
        delivered: File of the marks, created if missing.

    Raises:
        OSError: The folder cannot be written.
    """

    def __init__(self, events: Path, delivered: Path) -> None:
        events.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._events = _append_to(events)
        self._marks = _append_to(delivered)
        self._reader = events.open("rb")
        self.run_ids: dict[str, str] = {}
        self._mark = 0
        for line in delivered.read_bytes().splitlines():
            note = json.loads(line)
            self._mark = note["mark"]
            self.run_ids |= note.get("runs", {})
        self.inherited = self._events.tell()
        self._mark = min(self._mark, self.inherited)  # after a power cut the marks may be ahead
        """Bytes that were here at the start: part of them may have been delivered unmarked."""

    def append(self, event: Mapping[str, Any]) -> None:
        """Add an event; it is on its way to the disk when this returns."""
        line = json.dumps(event, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            self._events.write(line)
            self._events.flush()

    def undelivered(self, limit: int = 500) -> tuple[list[tuple[int, Event]], int]:
        """The next events with their offsets, and the mark to set when they are delivered."""
        self._reader.seek(self._mark)
        found: list[tuple[int, Event]] = []
        mark = self._mark
        for line in self._reader:
            if len(found) == limit or not line.endswith(b"\n"):
                break
            found.append((mark, json.loads(line)))
            mark += len(line)
        return found, mark

    def all_events(self) -> list[Event]:
        """Every event so far, delivered or not."""
        self._reader.seek(0)
        return [json.loads(line) for line in self._reader if line.endswith(b"\n")]

    @property
    def waiting(self) -> bool:
        """Whether there is anything undelivered."""
        return self._mark < self._events.tell()

    def mark(self, mark: int, runs: Mapping[str, str]) -> None:
        """Note that everything before `mark` is delivered, and the new run ids."""
        self.run_ids |= runs
        line = {"mark": mark, "runs": dict(runs)} if runs else {"mark": mark}
        self._marks.write(json.dumps(line).encode() + b"\n")
        self._marks.flush()
        self._mark = mark

    def close(self) -> None:
        """Write through to the disk and close."""
        with self._lock:
            for file in (self._events, self._marks):
                os.fsync(file.fileno())
                file.close()
            self._reader.close()


def _append_to(path: Path) -> BinaryIO:
    """Open for appending after the last complete line; what a crash cut off is dropped."""
    file = path.open("a+b")
    file.seek(0)
    file.truncate(file.read().rfind(b"\n") + 1)
    file.seek(0, os.SEEK_END)
    return file
