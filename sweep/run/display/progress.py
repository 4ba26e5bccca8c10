"""How far a sweep is: its counts, its running trials, its best so far."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

from analysis.records import MAX, State
from sweep.host.console import duration

_LINE = re.compile(r"^\d+ done, \d+ running, [^|]* of \d+", re.MULTILINE)
_WAITS = re.compile(
    r"^(no trial runs: .*|the cluster has no node .*|MLflow is away.*|the Optuna database is "
    r"away.*)$",
    re.MULTILINE,
)
_ENOUGH_TRIALS = 0.3  # work done before the time left is worth saying


@dataclass
class Running:
    """A trial in progress."""

    name: str
    epochs: int
    epoch: int = 0
    value: float | None = None


@dataclass
class Progress:
    """Counts of a sweep, and its best trial so far; `reports` counts epochs and ends."""

    planned: int
    metric: str
    mode: str
    counts: dict[str, int] = field(default_factory=dict)
    reused: int = 0
    running: dict[str, Running] = field(default_factory=dict)
    best: tuple[float, str] | None = None
    started: float | None = None
    reports: int = 0

    @property
    def ended(self) -> int:
        """Trials with an end, reused ones included."""
        return sum(self.counts.values())

    def consider(self, value: float, name: str) -> None:
        """Keep the better of this trial and the best so far."""
        better = self.best is None or (value > self.best[0]) == (self.mode == MAX)
        if value == value and better:  # not NaN
            self.best = (value, name)

    def seconds_left(self) -> float | None:
        """From the share of the work that was done; None before there is any."""
        under_way = sum(trial.epoch / trial.epochs for trial in self.running.values())
        done = self.ended - self.reused + under_way
        if done < _ENOUGH_TRIALS or self.started is None:
            return None
        return (time.monotonic() - self.started) * (self.planned - self.reused - done) / done

    def metrics(self) -> dict[str, float]:
        """The counts and the best so far, as metrics of the launch."""
        states = (State.DONE, State.PRUNED, State.FAILED)
        found: dict[str, float] = {f"trials/{s}": self.counts.get(s, 0) for s in states}
        found[f"trials/{State.RUNNING}"] = len(self.running)
        return found | ({f"best/{self.metric}": self.best[0]} if self.best else {})

    def rows(self) -> list[tuple[str, str, str]]:
        """Name, epoch and metric of every running trial, as text."""
        return [
            (
                trial.name,
                f"epoch {trial.epoch} of {trial.epochs}",
                "" if trial.value is None else f"{self.metric} {trial.value:.4f}",
            )
            for trial in list(self.running.values())
        ]

    def line(self) -> str:
        """The whole state in one line."""
        parts = [f"{self.counts.get(State.DONE, 0)} done", f"{len(self.running)} running"]
        parts += [f"{self.counts.get(s, 0)} {s}" for s in (State.PRUNED, State.FAILED)]
        if self.reused:
            parts.append(f"{self.reused} reused")
        text = f"{', '.join(parts)} of {self.planned}"
        if self.best:
            text += f" | best {self.metric} {self.best[0]:.4f} ({self.best[1]})"
        left = self.seconds_left()
        return text if left is None or not self.running else f"{text} | {duration(left)} left"


def progress_in(log: str) -> str:
    """The last counts in what a sweep has written, and what it has said since that it waits for."""
    counts = [*_LINE.finditer(log)]
    since = counts[-1].end() if counts else 0
    waits = _WAITS.findall(log, since)
    told = [counts[-1][0] if counts else "", *waits[-1:]]
    return "; ".join(filter(None, told))
