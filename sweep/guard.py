"""Ends what Ray leaves behind when the driver is gone, however it went: also by `kill -9`.

A process of its own, in a session of its own, that waits for the end of its standard input: the
driver holds the other end. Ray's servers, its agents and the workers carry a mark in their
environment, by which they are found.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

_MARK = "SPIKESWEEP_RAY"
_GRACE_S = 3.0  # for processes that notice by themselves that the driver is gone
_LOOK_EVERY_S = 0.2


@contextmanager
def marked() -> Iterator[Guard]:
    """Mark the processes that are started meanwhile, and have them ended with this one."""
    mark = secrets.token_hex(8)
    guard = Guard(mark)
    os.environ[_MARK] = mark
    try:
        yield guard
    finally:
        os.environ.pop(_MARK, None)


class Guard:
    """The process that waits, and what it would do."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "sweep.guard", mark],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def end_all(self) -> None:
        """End every process with the mark, now."""
        _kill(self._mark)

    def leave(self) -> None:
        """Let it end what is still there, and itself; wait for it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def _found(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(_MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:  # it has just ended, or is somebody else's
            continue
    return found


def _kill(mark: str) -> None:
    for process in _found(mark):
        try:
            process.kill()
        except psutil.Error:
            continue


def _wait(mark: str) -> None:
    """Wait until the driver is gone, then end what it leaves."""
    sys.stdin.buffer.read()
    end = time.monotonic() + _GRACE_S
    while _found(mark):
        if time.monotonic() > end:  # again and again: one of them may just have started another
            _kill(mark)
        time.sleep(_LOOK_EVERY_S)


if __name__ == "__main__":
    _wait(sys.argv[1])
