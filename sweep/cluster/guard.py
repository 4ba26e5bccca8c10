"""Ends the processes that Ray leaves behind when the driver is gone, also after `kill -9`.

A process of its own, in a session of its own, that waits for the end of its standard input: the
driver holds the other end. What Ray's servers start (agents, workers) is in their sessions, and
stays there when a server dies; other marks, such as the environment, Ray's processes write over.

The kernel gives a session's number to another one when all its processes have ended. A machine
that starts many processes does so within minutes, so a session is known by its leader's birth, too.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator

import psutil

from sweep.host.locks import born

_GRACE_S = 3.0  # for processes that notice by themselves that the driver is gone
_LOOK_EVERY_S = 0.2
_FORGET_EVERY_S = 1.0


class Guard:
    """The process that waits, and what it would do."""

    def __init__(self) -> None:
        self._sessions = Sessions()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "sweep.cluster.guard"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
        )

    def watch(self, session: int) -> None:
        """See to it that a session ends with this process; named by its leader, a child of it."""
        birth = born(session)
        assert self._process.stdin is not None
        self._sessions.add(session, birth)
        self._process.stdin.write(f"{session} {birth}\n".encode())

    def end_all(self) -> None:
        """End all processes of the sessions, now."""
        self._sessions.kill()

    def leave(self) -> None:
        """Let it end what is still there, and itself; wait for it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


class Sessions:
    """Sessions that are known for as long as one of their processes lives."""

    def __init__(self) -> None:
        self._births: dict[int, str] = {}

    def add(self, leader: int, birth: str) -> None:
        """Know a session by its leader and the time at which the leader was born."""
        self._births[leader] = birth

    def members(self) -> list[int]:
        """Their processes that have not ended."""
        self._forget(leader for leader, birth in self._births.items() if _is_another(leader, birth))
        return [pid for pid, _ in _members(self._births)]

    def kill(self) -> None:
        """Kill all their processes."""
        for pid in self.members():
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                continue

    def forget_ended(self) -> None:
        """Forget those that have no process left: their numbers are free for others."""
        left = [leader for leader, birth in self._births.items() if born(leader) != birth]
        if left:
            self.members()
            lasting = {session for _, session in _members(left)}
            self._forget(leader for leader in left if leader not in lasting)

    def _forget(self, leaders: Iterable[int]) -> None:
        for leader in list(leaders):
            self._births.pop(leader, None)


def _is_another(leader: int, birth: str) -> bool:
    """Whether the number is a later process's: the kernel reuses none that a session still has."""
    return born(leader) not in (birth, "never")


def _members(sessions: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The processes of some sessions that have not ended, each with its session."""
    numbers = frozenset(sessions)
    for pid in psutil.pids():
        try:
            session = os.getsid(pid)
            if session in numbers and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                yield pid, session
        except (OSError, psutil.Error):  # it has just ended, or is somebody else's
            continue


def _wait() -> None:
    """Wait until the driver is gone, then end what it leaves."""
    sessions = Sessions()
    for line in _lines():
        if line:
            leader, birth = line.split()
            sessions.add(int(leader), birth)
        sessions.forget_ended()
    end = time.monotonic() + _GRACE_S
    while sessions.members():
        if time.monotonic() > end:  # again and again: one of them may just have started another
            sessions.kill()
        time.sleep(_LOOK_EVERY_S)


def _lines() -> Iterator[str]:
    """What the driver writes, line by line; an empty one when it has written none for a while."""
    begun = ""
    while True:
        if not select.select([0], [], [], _FORGET_EVERY_S)[0]:
            yield ""
        elif read := os.read(0, 4096):
            *whole, begun = (begun + read.decode()).split("\n")
            yield from whole
        else:
            return


if __name__ == "__main__":
    _wait()
