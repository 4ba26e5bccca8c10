"""One service: a command in a session of its own that is started, waited for, stopped, killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_REAPED_WITHIN_S = 10


class ServiceError(Exception):
    """A service does not do what it should; the message ends with the last lines of its log."""


@dataclass
class Service:
    """A command that runs until it is ended, and how to tell that it is ready.

    A note of its first process lies beside the log while it runs: when its starter was killed, the
    next start ends what is left.

    Args:
        name: What it is called in messages.
        command: Program and arguments.
        environment: All of its environment.
        log: File that its output is appended to.
        ready: Whether it answers.
        stop_signal: Asks it to end.
        user: Who runs it; None for the caller.
        prepare: Done before each start.
        restarts: How often it is started again when it ends, or is late, before it is ready.
    """

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str]
    log: Path
    ready: Callable[[], bool]
    stop_signal: signal.Signals = signal.SIGTERM
    user: str | None = None
    prepare: Callable[[], object] = lambda: None
    restarts: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _family: set[_Process] = field(default_factory=set, init=False)

    @property
    def running(self) -> bool:
        """Whether its first process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its first process."""
        assert self._process is not None, f"{self.name} was never started"
        return self._process.pid

    def start(self, within_s: float = 120) -> None:
        """Start it and wait until it is ready.

        Raises:
            ServiceError: It ended, or was not ready in time; nothing of it is left then.
        """
        self.launch()
        self.wait_until_ready(within_s)

    def launch(self) -> None:
        """Start it."""
        assert not self.running, f"{self.name} is running"
        self._kill_former()
        self.prepare()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.log.parent,
                start_new_session=True,
                user=self.user,
                group=self.user,
                extra_groups=None if self.user is None else [],
            )
        self._family = {p for p in _all_processes() if p.pid == self.pid}
        self._note.write_text("".join(f"{p.pid} {p.born}" for p in self._family))

    def wait_until_ready(self, within_s: float = 120) -> None:
        """Wait until it answers; start it again meanwhile as often as it may.

        Raises:
            ServiceError: It ended, or was not ready in time; nothing of it is left then.
        """
        end, restarts = time.monotonic() + within_s, self.restarts
        while not self.ready():
            trouble = "" if self.running else "ended at its start"
            if time.monotonic() > end:
                trouble = f"is not ready after {within_s:g} s"
            if trouble:
                self.kill()
                if not restarts:
                    raise ServiceError(f"{self.name} {trouble}:\n{self._last_lines()}")
                restarts -= 1
                self.launch()
                end = time.monotonic() + within_s
            time.sleep(0.1)

    def stop(self, how: signal.Signals | None = None, within_s: float = 30) -> None:
        """Ask it to end; what is left of it after the time allowed is killed."""
        stop_together([self], how, within_s)

    def kill(self) -> None:
        """Kill all its processes (`kill -9`), as the death of its machine would."""
        while left := self.processes():
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue  # it has ended meanwhile
            time.sleep(0.02)
        self._family = set()
        self._note.unlink(missing_ok=True)
        if self._process is not None:
            self._process.wait()

    def restart(self, how: signal.Signals | None = None, within_s: float = 120) -> None:
        """Stop it, by a signal if one is given, and start it again."""
        self.stop(how)
        self.start(within_s)

    def processes(self) -> list[int]:
        """All its processes: what descends from it, in sessions of their own, too.

        Those seen once are known by their sessions when their parents have ended.
        """
        everyone = _all_processes()
        sessions = _still_theirs({p.session: p.born for p in self._family}, everyone)
        found = {p for p in everyone if p in self._family or p.session in sessions}
        pids = {process.pid for process in found}
        while more := {p for p in everyone if p.parent in pids} - found:
            found |= more
            pids |= {process.pid for process in more}
        # Of the same process, the one seen last is kept. One that has ended is kept for its
        # session, until that has no process left: then its number is free for others.
        lasting = {process.session for process in found}
        self._family = found | {p for p in self._family if p.session in lasting}
        return sorted(pids)

    @property
    def _note(self) -> Path:
        return self.log.with_suffix(".pid")

    def _kill_former(self) -> None:
        if self._note.exists():
            former = self._note.read_text()
            self._family = {p for p in _all_processes() if f"{p.pid} {p.born}" == former}
            gone = [Path(f"/proc/{pid}") for pid in self.processes()]
            self.kill()
            # Its parent has yet to take note of the end; until then, Postgres sees it as alive.
            end = time.monotonic() + _REAPED_WITHIN_S
            while any(path.exists() for path in gone) and time.monotonic() < end:
                time.sleep(0.05)

    def _last_lines(self, count: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])


def stop_together(
    services: Sequence[Service], how: signal.Signals | None = None, within_s: float = 30
) -> None:
    """Ask all of them to end; what is left of them after the time allowed is killed."""
    for service in services:
        service.processes()  # while it has not let go of any
        if service.running:
            os.kill(service.pid, how or service.stop_signal)
    end = time.monotonic() + within_s
    while any(service.running for service in services) and time.monotonic() < end:
        for service in services:
            service.processes()
        time.sleep(0.05)
    for service in services:
        service.kill()


@dataclass(frozen=True)
class _Process:
    """A process; its time of birth tells it from a later one of the same number."""

    pid: int
    born: int
    parent: int = field(compare=False)
    session: int = field(compare=False)


def _still_theirs(members: Mapping[int, int], everyone: Sequence[_Process]) -> set[int]:
    """The sessions, of which the birth of a member is known, that no later leader has taken."""
    births = {process.pid: process.born for process in everyone}
    return {number for number, born in members.items() if births.get(number, born) <= born}


def _all_processes() -> list[_Process]:
    """All processes of this machine that have not ended."""
    processes = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # What follows the name, which may hold anything; the places are those of proc(5).
            words = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended meanwhile
        if words[0] != "Z":
            processes.append(
                _Process(
                    pid=int(stat.parent.name),
                    born=int(words[19]),
                    parent=int(words[1]),
                    session=int(words[3]),
                )
            )
    return processes
