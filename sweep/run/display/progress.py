"""How far a sweep is: its counts, its running trials, its best so far."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

from analysis.records import State
from sweep.host.console import duration
from sweep.run.display.best import Best
from sweep.run.display.running import Running
from sweep.spec.specification import counted

_LINE = re.compile(r"^\d+ done, \d+ running, [^|]* of \d+", re.MULTILINE)
_WAITS = re.compile(
    r"^(no trial runs: .*|the cluster has no node .*|MLflow is away.*|the Optuna database is "
    r"away.*)$",
    re.MULTILINE,
)
_ENOUGH_TRIALS = 0.3  # work done before the time left is worth saying


@dataclass
class Progress:
    """Counts of a sweep, and its best configuration so far.

    Attributes:
        planned: Trials.
        metric: What is searched for.
        best: The best configuration.
        counts: Of the trials that have ended, by how.
        reused: Trials of other sweeps among them, and repetitions.
        elsewhere: Trials among them that this driver did not run: reused, or ended before.
        running: Trials in progress, by `config_id`.
        waiting: Trials that are paused, or have lost their process, by `config_id`.
        started: When the first one began.
        reports: Epochs and ends so far.
    """

    planned: int
    metric: str
    best: Best
    counts: dict[str, int] = field(default_factory=dict)
    reused: int = 0
    elsewhere: int = 0
    running: dict[str, Running] = field(default_factory=dict)
    waiting: dict[str, Running] = field(default_factory=dict)
    started: float | None = None
    reports: int = 0

    @property
    def ended(self) -> int:
        """Trials with an end, reused ones included."""
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        """Trials that came to their last epoch."""
        return self.counts.get(State.DONE, 0)

    def seconds_left(self) -> float | None:
        """From the share of the work that was done; None before there is any."""
        under_way = sum(trial.epoch / trial.epochs for trial in self.running.values())
        done = self.ended - self.elsewhere + under_way
        if done < _ENOUGH_TRIALS or self.started is None:
            return None
        return (time.monotonic() - self.started) * (self.planned - self.elsewhere - done) / done

    def metrics(self) -> dict[str, float]:
        """The counts and the best so far, as metrics of the launch."""
        states = (State.DONE, State.PRUNED, State.FAILED)
        found: dict[str, float] = {f"trials/{s}": self.counts.get(s, 0) for s in states}
        found[f"trials/{State.RUNNING}"] = len(self.running)
        best = self.best.value
        return found if best is None else found | {f"best/{self.metric}": best}

    def rows(self) -> list[tuple[str, str, str]]:
        """Name, epoch and metric of every running trial, as text."""
        return [
            (
                trial.name,
                f"epoch {trial.epoch} of {trial.epochs}",
                f"{self.metric} {trial.metrics[self.metric]:.4f}" if trial.metrics else "",
            )
            for trial in list(self.running.values())
        ]

    def line(self) -> str:
        """The whole state in one line."""
        parts = [f"{self.done} done", f"{len(self.running)} running"]
        parts += [f"{self.counts.get(s, 0)} {s}" for s in (State.PRUNED, State.FAILED)]
        if self.reused:
            parts.append(f"{self.reused} reused")
        if self.best.broken:
            parts.append(f"{counted(self.best.broken, 'configuration')} over a limit")
        left = self.seconds_left() if self.running else None
        time_left = "" if left is None else f"{duration(left)} left"
        ahead = self.best.ahead({**self.running, **self.waiting})
        counts = f"{', '.join(parts)} of {self.planned}"
        texts = (counts, str(self.best), str(ahead or ""), time_left)
        return " | ".join(filter(None, texts))


def progress_in(log: str) -> str:
    """The last counts in what a sweep has written, and what it has said since that it waits for."""
    counts = [*_LINE.finditer(log)]
    since = counts[-1].end() if counts else 0
    waits = _WAITS.findall(log, since)
    told = [counts[-1][0] if counts else "", *waits[-1:]]
    return "; ".join(filter(None, told))
