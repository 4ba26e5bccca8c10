"""How far a sweep is: its counts, its running trials, its best so far."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from analysis.records import State
from analysis.text.plain import counted
from sweep.host.console import duration
from sweep.run.display.best import Best
from sweep.run.display.remaining import Remaining
from sweep.run.display.running import Running

WORKERS = "the workers start and load torch"
FIRST_EPOCH = "the first epoch runs; loops that are new on this machine are compiled"

_LINE = re.compile(
    r"^\d+ done, \d+ running, [^|\n]* of \d+(?: \(\d+ configurations? over a limit\))?"
    rf"(?: \| (?:{WORKERS}|{FIRST_EPOCH}))?",
    re.MULTILINE,
)
_WAITS = re.compile(
    r"^(no trial runs: .*|the cluster has no node .*|MLflow is away.*|the Optuna database is "
    r"away.*)$",
    re.MULTILINE,
)


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
        remaining: Knows how long the rest takes.
        reports: Epochs and ends so far.
        waits: What it waits for before there is anything to report; empty if for nothing.
        closed: Whether the launch has ended, so that nothing is waited for.
    """

    planned: int
    metric: str
    best: Best
    counts: dict[str, int] = field(default_factory=dict)
    reused: int = 0
    elsewhere: int = 0
    running: dict[str, Running] = field(default_factory=dict)
    waiting: dict[str, Running] = field(default_factory=dict)
    remaining: Remaining = field(default_factory=Remaining)
    reports: int = 0
    waits: str = ""
    closed: bool = False

    @property
    def ended(self) -> int:
        """Trials with an end, reused ones included."""
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        """Trials that came to their last epoch."""
        return self.counts.get(State.DONE, 0)

    def seconds_left(self) -> float | None:
        """To the end, from what trials of this launch have taken; None if nothing tells it."""
        left = 0 if self.closed else self.planned - self.ended
        return self.remaining.seconds(left) if left > 0 else None

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
        left, waits = self.seconds_left(), "" if self.closed else self.waits
        time_left = "" if left is None else f"about {duration(max(1, left))} left"
        ahead = self.best.ahead({**self.running, **self.waiting})
        broken, counts = self.best.broken, f"{', '.join(parts)} of {self.planned}"
        if broken:
            counts += f" ({counted(broken, 'configuration')} over a limit)"
        texts = (counts, waits, str(self.best), str(ahead or ""), time_left)
        return " | ".join(filter(None, texts))


def progress_in(log: str) -> str:
    """The last counts in what a sweep has written, and what it has said since that it waits for."""
    counts = [*_LINE.finditer(log)]
    since = counts[-1].end() if counts else 0
    waits = _WAITS.findall(log, since)
    told = [counts[-1][0] if counts else "", *waits[-1:]]
    return "; ".join(filter(None, told))
