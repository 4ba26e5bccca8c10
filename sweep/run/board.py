"""The live view of a sweep in the terminal; plain lines where the output is no terminal.

Everything here goes to standard error: standard output is for results.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from analysis.records import MAX, State
from analysis.text.plain import visible
from sweep.host.console import duration

_PLAIN_EVERY_S = 10.0
_ENOUGH_TRIALS = 0.3  # share of the work that must be done before the time left is shown


@dataclass
class Running:
    """A trial in progress."""

    name: str
    epochs: int
    epoch: int = 0
    value: float | None = None


@dataclass
class Progress:
    """Counts of a sweep, and its best trial so far."""

    planned: int
    metric: str
    mode: str
    counts: dict[str, int] = field(default_factory=dict)
    reused: int = 0
    running: dict[str, Running] = field(default_factory=dict)
    best: tuple[float, str] | None = None
    started: float | None = None

    @property
    def ended(self) -> int:
        """Trials that have ended, reused ones included."""
        return sum(self.counts.values())

    def consider(self, value: float, name: str) -> None:
        """Keep the better of this trial and the best so far."""
        better = self.best is None or (value > self.best[0]) == (self.mode == MAX)
        if value == value and better:  # not NaN
            self.best = (value, name)

    def seconds_left(self) -> float | None:
        """Estimated from the share of the work that is done; None at the start."""
        under_way = sum(trial.epoch / trial.epochs for trial in self.running.values())
        done = self.ended - self.reused + under_way
        if done < _ENOUGH_TRIALS or self.started is None:
            return None
        return (time.monotonic() - self.started) * (self.planned - self.reused - done) / done

    def line(self) -> str:
        """The state of the sweep in one line."""
        parts = [f"{self.counts.get(State.DONE, 0)} done", f"{len(self.running)} running"]
        parts += [f"{self.counts.get(s, 0)} {s}" for s in (State.PRUNED, State.FAILED)]
        if self.reused:
            parts.append(f"{self.reused} reused")
        text = f"{', '.join(parts)} of {self.planned}"
        if self.best:
            text += f" | best {self.metric} {self.best[0]:.4f} ({self.best[1]})"
        left = self.seconds_left()
        return text if left is None or not self.running else f"{text} | {duration(left)} left"


class Board:
    """Shows the progress of a sweep while it runs; to be used in a `with` statement."""

    def __init__(self, progress: Progress, console: Console) -> None:
        self.progress = progress
        self._console = console
        self._live = Live(console=console, get_renderable=self._render, transient=True)
        self._last_line = ("", 0.0)
        self.notice = ""

    def __enter__(self) -> Board:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()
        if self.progress.line() != self._last_line[0]:  # else it was printed already
            self._console.print(self.progress.line(), soft_wrap=True, highlight=False, markup=False)

    def begin(self, key: str, name: str, epochs: int) -> None:
        """A trial starts, or goes on."""
        self.progress.started = self.progress.started or time.monotonic()
        self.progress.running.setdefault(key, Running(name, epochs))

    def lose(self, key: str) -> None:
        """A trial has lost its process and waits for another."""
        self.progress.running.pop(key, None)

    def epoch(self, key: str, metrics: Mapping[str, Any], epoch: int) -> None:
        """A trial reports."""
        trial = self.progress.running[key]
        trial.epoch, trial.value = epoch, float(metrics[self.progress.metric])
        self._say()

    def end(self, key: str, name: str, state: str, value: float, *, reused: bool = False) -> None:
        """A trial has ended, with the metric of its best epoch if it was done."""
        self.progress.running.pop(key, None)
        if state == State.INTERRUPTED:
            return
        self.progress.counts[state] = self.progress.counts.get(state, 0) + 1
        self.progress.reused += reused
        if state == State.DONE:
            self.progress.consider(value, name)
        self._say(now=not reused)

    def tell(self, notice: str) -> None:
        """Print a line above the progress, once."""
        if notice and notice != self.notice:
            self._console.print(notice, soft_wrap=True, highlight=False, markup=False)
        self.notice = notice

    def _say(self, *, now: bool = False) -> None:
        if self._console.is_terminal:
            return
        line, at = self.progress.line(), time.monotonic()
        if line != self._last_line[0] and (now or at - self._last_line[1] > _PLAIN_EVERY_S):
            self._console.print(line, soft_wrap=True, highlight=False, markup=False)
            self._last_line = line, at

    def _render(self) -> Group:
        progress = self.progress
        trials = Table.grid(padding=(0, 2))
        for _ in range(3):
            trials.add_column(no_wrap=True, overflow="ellipsis")
        for trial in progress.running.values():
            value = "" if trial.value is None else f"{progress.metric} {trial.value:.4f}"
            trials.add_row(
                f"  {visible(trial.name)}", f"epoch {trial.epoch} of {trial.epochs}", value
            )
        bar = ProgressBar(total=max(1, progress.planned), completed=progress.ended, width=30)
        # Beside the bar, a narrow terminal would have no room for a whole word.
        head = Table.grid()
        head.add_row(bar)
        head.add_row(Text(visible(progress.line())))
        return Group(head, trials)
