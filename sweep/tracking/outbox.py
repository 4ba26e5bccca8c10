"""The outbox: an append-only file of events to be logged, and a mark of what was delivered.

A line is written whole and flushed before the sweep goes on; a line cut off by a crash is ignored
and written over. `delivered` grows by a line per batch, so both survive a kill at any moment.
Events that MLflow refuses go to a third file, so they do not block the others. They are tried again
when the outbox is opened the next time.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

Event = dict[str, Any]


class Entry(NamedTuple):
    """An event with the bytes that it takes in the file."""

    start: int
    end: int
    event: Event


class Outbox:
    """Events in order, with a mark up to which they were delivered.

    Args:
        events: File of the events, created if missing.
        delivered: File of the marks, created if missing.
        refused: File for what is set aside, there while there is something.

    Attributes:
        run_ids: MLflow's ids by run.
        store: Address of the store that has them; empty where none has been noted.
        refused: Why MLflow did not take an event, by the event as JSON.

    Raises:
        OSError: The folder cannot be written.
    """

    def __init__(self, events: Path, delivered: Path, refused: Path) -> None:
        events.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._refused = refused
        self.refused = dict(map(_refusal, _lines(refused)))
        self._events = _append_to(events)
        self._marks = _append_to(delivered)
        self._reader = events.open("rb")
        self.run_ids: dict[str, str] = {}
        self._mark, self.store = 0, ""
        for line in delivered.read_bytes().splitlines():
            note = json.loads(line)
            self._mark = note["mark"]
            self.run_ids |= note.get("runs", {})
            self.store = note.get("store", self.store)
        self.inherited = self._events.tell()
        # after a power failure the marks may be ahead of the events
        self._mark = min(self._mark, self.inherited)
        """Bytes that were here at the start: part of them may have been delivered unmarked."""

    def append(self, event: Mapping[str, Any]) -> None:
        """Add an event; it is handed to the operating system when this returns."""
        line = _line(event)
        with self._lock:
            self._events.write(line)
            self._events.flush()

    def undelivered(self, limit: int = 500) -> list[Entry]:
        """The next events; they are safely on disk before they are returned."""
        with self._lock:
            os.fsync(self._events.fileno())
        self._reader.seek(self._mark)
        found: list[Entry] = []
        start = self._mark
        for line in self._reader:
            if len(found) == limit or not line.endswith(b"\n"):
                break
            found.append(Entry(start, start + len(line), json.loads(line)))
            start += len(line)
        return found

    def all_events(self) -> Iterator[Event]:
        """Every event so far, delivered or not."""
        self._reader.seek(0)
        for line in self._reader:
            if line.endswith(b"\n"):
                yield json.loads(line)

    @property
    def waiting(self) -> bool:
        """Whether there is anything undelivered."""
        return self._mark < self._events.tell()

    def mark(self, mark: int, runs: Mapping[str, str]) -> None:
        """Note that everything before `mark` is delivered, and the new run ids."""
        mark = max(mark, self._mark)
        self.run_ids |= runs
        self._write_mark({"mark": mark, "runs": dict(runs)} if runs else {"mark": mark})
        self._mark = mark

    def belongs_to(self, store: str) -> None:
        """Note the address of the store that the marks are about."""
        if store != self.store:
            self._write_mark({"mark": self._mark, "store": store})
            self.store = store

    def set_aside(self, entry: Entry, reason: str) -> None:
        """Note a refused event, with the reason, in the file of refused events."""
        self.refused[_key(entry.event)] = reason
        with self._refused.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"reason": reason, **entry.event}) + "\n")
        self.mark(entry.end, {})

    @property
    def refused_runs(self) -> list[str]:
        """The runs with refused events, in the order of the refusals."""
        return list(dict.fromkeys(json.loads(event)["run"] for event in self.refused))

    def passed(self, run: str) -> list[Entry]:
        """All events of a run that were delivered or refused, in order."""
        self._reader.seek(0)
        found: list[Entry] = []
        start = 0
        for line in self._reader:
            if start >= self._mark:
                break
            event = json.loads(line)
            if event["run"] == run:
                found.append(Entry(start, start + len(line), event))
            start += len(line)
        return found

    def settle(self, run: str, reasons: Mapping[int, str]) -> None:
        """Forget the refused events of a run, except those that are refused again.

        Args:
            run: The run.
            reasons: Why, by the start of the event.
        """
        again = {_key(e.event): reasons[e.start] for e in self.passed(run) if e.start in reasons}
        self.refused = {
            event: again.get(event, reason)
            for event, reason in self.refused.items()
            if event in again or json.loads(event)["run"] != run
        }
        self._write_refused()

    def rewrite(self, change: Callable[[Event], Event]) -> None:
        """Change all events, before any is added; then only `close` is left to call.

        A kill at any moment leaves a whole outbox. Until the mark fits the new events, nothing
        counts as delivered: it is delivered again, and what MLflow has already is left out.
        """
        mark = start = 0
        lines = []
        self._reader.seek(0)
        for line in self._reader:
            lines.append(_line(change(json.loads(line))))
            mark += len(lines[-1]) if start < self._mark else 0
            start += len(line)
        self._reader.seek(0)
        if b"".join(lines) == self._reader.read():
            return
        if self.refused:
            again = {_key(change(json.loads(e))): why for e, why in self.refused.items()}
            self.refused = again
            self._write_refused()
        draft = Path(self._events.name).with_suffix(".draft")
        with draft.open("wb") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        self._write_mark({"mark": 0})
        draft.replace(self._events.name)
        self._write_mark({"mark": mark})

    def _write_refused(self) -> None:
        draft = self._refused.with_suffix(".draft")
        notes = ({"reason": reason, **json.loads(e)} for e, reason in self.refused.items())
        draft.write_text("".join(json.dumps(note) + "\n" for note in notes), encoding="utf-8")
        draft.replace(self._refused)
        if not self.refused:
            self._refused.unlink()

    def _write_mark(self, line: Mapping[str, Any]) -> None:
        self._marks.write(json.dumps(line).encode() + b"\n")
        self._marks.flush()

    def close(self) -> None:
        """Write everything to the disk and close."""
        with self._lock:
            for file in (self._events, self._marks):
                os.fsync(file.fileno())
                file.close()
            self._reader.close()


def events_in(path: Path) -> list[Event]:
    """The events of a file that somebody may be writing to; none if it is missing."""
    return [json.loads(line) for line in _lines(path)]


def _append_to(path: Path) -> BinaryIO:
    """Open for appending after the last complete line; an incomplete line is dropped."""
    file = path.open("a+b")
    file.seek(0)
    file.truncate(file.read().rfind(b"\n") + 1)
    file.seek(0, os.SEEK_END)
    return file


def _lines(path: Path) -> list[bytes]:
    """The complete lines of a file that may be missing."""
    content = path.read_bytes() if path.exists() else b""
    return content[: content.rfind(b"\n") + 1].splitlines()


def _refusal(line: bytes) -> tuple[str, str]:
    event = json.loads(line)
    reason: str = event.pop("reason")
    return _key(event), reason


def _line(event: Mapping[str, Any]) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode() + b"\n"


def _key(event: Event) -> str:
    return json.dumps(event, sort_keys=True)
