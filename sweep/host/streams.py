"""The standard streams, made safe: closed, broken, or with few characters."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO


def stand() -> None:
    """Make the standard streams safe: writing to them never ends the work.

    - A closed one becomes an empty one: else the next file that is opened would take its place,
      and what libraries print would go into that file.
    - When a reader leaves (`run 2>&1 | head -1`, a terminal that is gone), what would come is
      dropped, and the work goes on: it was asked for, and it has its own records. So is progress
      that a full disk does not take. Results that it does not take are an error.
    - A character that the terminal's encoding does not have is shown by its number.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)
    sys.stdout = _text(_Output(1, "w", closefd=False), sys.stdout)
    sys.stderr = _text(_Progress(2, "w", closefd=False), sys.stderr)


def endless() -> TextIO:
    """Standard output for text without an end, such as a followed log.

    Writing to it raises a BrokenPipeError when the reader has left.
    """
    try:
        return open(sys.stdout.fileno(), "w", encoding="utf-8", errors="replace", closefd=False)
    except io.UnsupportedOperation:  # a stream of a test
        return sys.stdout


def let_go() -> None:
    """Drop what could not be written. It was reported; Python would report it again at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        _drop(sys.stdout.fileno())


def _drop(descriptor: int) -> None:
    """From now on, drop everything that is written there."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, descriptor)
    os.close(nothing)


class _Output(io.FileIO):
    """A file whose reader may leave: what is written afterwards is dropped."""

    tolerated: type[OSError] = BrokenPipeError

    def write(self, data: memoryview, /) -> int:  # type: ignore[override]
        try:
            return super().write(data)
        except self.tolerated:
            _drop(self.fileno())
            return len(data)


class _Progress(_Output):
    """The same for every error of writing."""

    tolerated = OSError


def _text(file: io.FileIO, before: TextIO | None) -> io.TextIOWrapper:
    """With the encoding and the buffering of the stream that it replaces."""
    at_once = isinstance(before, io.TextIOWrapper) and (
        before.line_buffering or before.write_through
    )
    return io.TextIOWrapper(
        io.BufferedWriter(file),
        encoding=before.encoding if before else "utf-8",
        errors="backslashreplace",
        line_buffering=at_once,
    )
