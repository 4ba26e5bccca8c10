"""The sweep of a storm: a driver in a process group of its own, and what it starts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from tests.docker_tests.chaos import SPIKESWEEP, Size

_MARK = "SPIKESWEEP_STORM"  # stands in the environment of every process of the sweep


class Sweeping:
    """A sweep that runs, and is resumed whenever it was broken off.

    Args:
        folder: Where the driver runs.
        environment: Of the driver: it says where its stores are.
        disk: Where the sweep keeps its files.
        size: Of the sweep.
    """

    def __init__(
        self, folder: Path, environment: Mapping[str, str], disk: Path, size: Size
    ) -> None:
        self._folder, self._disk, self._size = folder, disk, size
        self._mark = uuid.uuid4().hex
        (folder / "storm.yaml").write_text(yaml.safe_dump(dict(size.plan), sort_keys=False))
        theirs = ("RAY_", "SPIKESWEEP_STORAGE")
        settings = {k: v for k, v in environment.items() if not k.startswith(theirs)}
        self._environment = settings | {"SPIKESWEEP_STORAGE": str(disk), _MARK: self._mark}
        self._began = time.monotonic()
        self._driver: subprocess.Popen[bytes] | None = None
        self._said_before = 0

    def processes(self) -> dict[int, str]:
        """All processes of the sweep with their titles, whatever sessions they are in."""
        found = {}
        mark = f"{_MARK}={self._mark}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    title = (folder / "cmdline").read_bytes()
                    found[int(folder.name)] = title.replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue  # it has ended meanwhile, or is not ours
        return found

    def left_after(self, within_s: float) -> dict[int, str]:
        """The processes of the sweep that are still there after so long."""
        end = time.monotonic() + within_s
        while self.processes() and time.monotonic() < end:
            time.sleep(0.2)
        return self.processes()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The driver that was started last."""
        assert self._driver is not None
        return self._driver

    def launch(self, *options: str) -> None:
        """Start the driver, with these options of `run`."""
        with (self._folder / "log").open("ab") as log:
            self._said_before = log.tell()
            self._driver = subprocess.Popen(
                [*SPIKESWEEP, "run", "storm.yaml", *options],
                cwd=self._folder,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def go_on(self) -> bool:
        """Wait a moment, and resume a sweep that was broken off; False when it has ended."""
        time.sleep(0.1)
        code = self.process.poll()
        if code is None:
            return True
        if code == 0:
            return False
        killed = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP, -signal.SIGINT)
        assert code in (1, 130, *killed), f"exit code {code}: {self.last_line()}"
        self.say(f"  exit {code}: {self.last_line()}")
        begun = self._outbox() is not None
        self.launch(*(["--resume"] if begun else []))
        return True

    def progress(self) -> float:
        """Share of the epochs that were noted."""
        outbox = self._outbox()
        noted = outbox.read_bytes().count(b'"do":"epoch"') if outbox else 0
        return noted / self._size.reports

    def last_line(self) -> str:
        """What the drivers printed last."""
        lines = (self._folder / "log").read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def said(self) -> str:
        """What the driver that was started last has printed."""
        return (self._folder / "log").read_bytes()[self._said_before :].decode(errors="replace")

    def check_closed(self) -> None:
        """The driver has ended in good order: no process and no run is left, in its own words.

        Raises:
            AssertionError: It has not.
        """
        assert not self.left_after(30)
        outbox = self._outbox()
        notes = map(json.loads, outbox.read_text().splitlines() if outbox else ())
        assert set({note["run"]: note["do"] for note in notes}.values()) == {"end"}
        assert "--resume" in self.last_line()
        others = "Traceback", "rpc_client", "Last 20 lines"
        assert not any(words in self.said() for words in others), self.said()

    def _outbox(self) -> Path | None:
        found = list(self._disk.glob("chaos/*/outbox.jsonl"))
        assert len(found) <= 1
        return found[0] if found else None

    def wait_for(self, condition: Callable[[], bool], within_s: float) -> bool:
        """Whether something happened while the sweep runs."""
        end = time.monotonic() + within_s
        while time.monotonic() < end and self.process.poll() is None:
            if condition():
                return True
            time.sleep(0.05)  # to look through all processes takes 10 ms
        return False

    def ended(self, within_s: float = 120) -> float:
        """Wait for the driver's end; seconds that it took."""
        began = time.monotonic()
        self.process.wait(timeout=within_s)
        return time.monotonic() - began

    def kill(self, *parts: str, within_s: float = 60) -> bool:
        """Kill a process with one of these parts in its title, as soon as there is one."""

        def kill() -> bool:
            for pid, title in self.processes().items():
                if any(part in title for part in parts):
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        continue
                    return True
            return False

        return self.wait_for(kill, within_s)

    def say(self, what: str) -> None:
        """Print what happened, with the time and the progress."""
        seconds = time.monotonic() - self._began
        print(f"{seconds:6.1f} s  {self.progress():4.0%}  {what}", flush=True)
