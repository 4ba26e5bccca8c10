"""What is shown of a sweep while it runs, and the lines beside it.

Everything here goes to standard error: standard output is for results.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from analysis.records import State
from analysis.text.plain import counted
from sweep.run.display.progress import FIRST_EPOCH, Progress
from sweep.run.display.running import Running
from sweep.run.display.screens import screen_for

__all__ = ["Board", "Progress"]


class Board:
    """Shows the progress of a sweep while it runs; to be used in a `with` statement."""

    def __init__(self, progress: Progress, console: Console) -> None:
        self.progress = progress
        self._console = console
        self.screen = screen_for(console)(progress, console)
        self.notice = ""

    def __enter__(self) -> Board:
        self.screen.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.closed = True
        self.screen.stop()

    def wait(self, what: str) -> None:
        """Show what it waits for, until there is an epoch or the end of a trial."""
        if what != self.progress.waits:
            self.progress.waits = what
            self.screen.changed(now=True)

    def begin(self, key: str, name: str, epochs: int, group: str = "") -> None:
        """A trial starts, or goes on; nothing happens if it runs.

        Args:
            key: Its `config_id`.
            name: For people.
            epochs: That it is to train.
            group: That of its seeds, if there are several.
        """
        if key in self.progress.running:
            return
        waited = self.progress.waiting.pop(key, None)
        self.progress.running[key] = waited or Running(name, epochs, group)
        self.progress.remaining.begin(key, epochs)
        if self.progress.waits:
            self.wait(FIRST_EPOCH)

    def lose(self, key: str) -> None:
        """A trial is paused, or has lost its process and waits for another."""
        trial = self.progress.running.pop(key, None)
        if trial:
            self.progress.waiting[key] = trial
        self.progress.remaining.pause(key)

    def epoch(self, key: str, metrics: Mapping[str, Any], epoch: int) -> None:
        """A trial reports."""
        trial = self.progress.running[key]
        self.progress.reports += 1
        self.progress.waits = ""
        self.progress.remaining.report(key, epoch)
        trial.epoch, trial.metrics = epoch, metrics
        self.screen.changed(now=False)

    def end(self, key: str, state: str, *, elsewhere: bool = False, reused: bool = False) -> None:
        """A trial has ended.

        Args:
            key: Its `config_id`.
            state: How, one of `State`.
            elsewhere: Whether this driver did not run it.
            reused: Whether its result is that of another sweep, or of the same trial.
        """
        self.progress.running.pop(key, None)
        self.progress.waiting.pop(key, None)
        self.progress.remaining.end(key)
        self.progress.reports += 1
        if not elsewhere or self.progress.ended + 1 >= self.progress.planned:
            self.progress.waits = ""
        if state == State.INTERRUPTED:
            return
        self.progress.counts[state] = self.progress.counts.get(state, 0) + 1
        self.progress.elsewhere += elsewhere
        self.progress.reused += reused
        self.screen.changed(now=not elsewhere)

    def stopping(self) -> None:
        """Say what the end waits for, which the user has asked for."""
        running = len(self.progress.running)
        trials = counted(running, "running trial") if running else "the trials that start"
        self.tell(f"stopping: waits for the next epoch of {trials}; Ctrl-C again ends at once")

    def tell(self, notice: str) -> None:
        """Print a line above the progress, once."""
        if notice and notice != self.notice:
            self._console.print(notice, soft_wrap=True, highlight=False, markup=False)
        self.notice = notice
