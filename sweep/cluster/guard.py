"""Ends the processes that Ray leaves behind when the driver is gone, also after `kill -9`.

A process of its own, in a session of its own, that waits for the end of its standard input: the
driver holds the other end. What Ray's servers start (agents, workers) is in their sessions, and
stays there when a server dies; other marks, such as the environment, Ray's processes write over.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection

import psutil

_GRACE_S = 3.0  # for processes that notice by themselves that the driver is gone
_LOOK_EVERY_S = 0.2


class Guard:
    """The process that waits, and what it would do."""

    def __init__(self) -> None:
        self._sessions: set[int] = set()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "sweep.cluster.guard"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
        )

    def watch(self, session: int) -> None:
        """See to it that a session ends with this process; named by its leader."""
        assert self._process.stdin is not None
        self._sessions.add(session)
        self._process.stdin.write(f"{session}\n".encode())

    def end_all(self) -> None:
        """End all processes of the sessions, now."""
        _kill(self._sessions)

    def leave(self) -> None:
        """Let it end what is still there, and itself; wait for it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def _members(sessions: Collection[int]) -> list[int]:
    """The processes of some sessions that have not ended."""
    found = []
    for pid in psutil.pids():
        try:
            if os.getsid(pid) in sessions:
                if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                    found.append(pid)
        except (OSError, psutil.Error):  # it has just ended, or is somebody else's
            continue
    return found


def _kill(sessions: Collection[int]) -> None:
    for pid in _members(sessions):
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            continue


def _wait() -> None:
    """Wait until the driver is gone, then end what it leaves."""
    sessions = {int(line) for line in sys.stdin}
    end = time.monotonic() + _GRACE_S
    while _members(sessions):
        if time.monotonic() > end:  # again and again: one of them may just have started another
            _kill(sessions)
        time.sleep(_LOOK_EVERY_S)


if __name__ == "__main__":
    _wait()
