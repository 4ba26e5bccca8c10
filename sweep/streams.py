"""The standard streams: closed ones, broken ones, and terminals that know few characters."""

from __future__ import annotations

import io
import os
import sys


def stand() -> None:
    """Make the standard streams such that progress can always be written.

    - A closed one becomes an empty one: else the next file that is opened would take its place,
      and what libraries print would go into that file.
    - Progress that nobody reads any more (`run 2>&1 | head -1`, a terminal that is gone, a full
      disk) is dropped, and the work goes on: it was asked for, and it has its own records. Results
      that cannot be written remain an error.
    - A character that the terminal's encoding does not have is shown by its number.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)
    encoding = sys.stderr.encoding if sys.stderr else "utf-8"
    sys.stderr = _text(_Lasting(2, "w", closefd=False), encoding)
    if not sys.stdout:
        sys.stdout = _text(io.FileIO(1, "w", closefd=False), "utf-8")
    elif isinstance(sys.stdout, io.TextIOWrapper):  # not a test's
        sys.stdout.reconfigure(errors="backslashreplace")


class _Lasting(io.FileIO):
    """A file whose reader may leave: what is written afterwards, by anybody, is dropped."""

    def write(self, data: object) -> int:
        try:
            return super().write(data)  # type: ignore[arg-type]
        except OSError:
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self.fileno())
            os.close(nothing)
            return len(memoryview(data).cast("B"))  # type: ignore[arg-type]


def _text(file: io.FileIO, encoding: str) -> io.TextIOWrapper:
    buffered = io.BufferedWriter(file)
    return io.TextIOWrapper(
        buffered, encoding=encoding, errors="backslashreplace", line_buffering=True
    )
