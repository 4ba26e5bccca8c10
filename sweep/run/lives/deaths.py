"""How often the process of a trial has died: Ray reports a death once or twice.

When a process dies that has something to do, Ray reports its actor and its task: two failures of
the trial. The trial goes on after the first, and Ray gives it up at the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from sweep.trial.failures import Cause


@dataclass(frozen=True)
class _Death:
    """A death, with the report that told of it first, and whether it is the trial's own."""

    report: str
    counts: bool


@final
class Deaths:
    """The deaths of all trials of a driver, by their configuration."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, _Death]] = {}

    def is_repeated(self, trial: Any, cause: Cause) -> bool:
        """Whether a death was reported before; else it is noted. A report may be asked for again.

        Args:
            trial: Of Ray Tune, that has just failed.
            cause: Why; lack of memory is no failure of the trial.
        """
        report = f"{trial.trial_id} {trial.num_failures}"
        known = self._known.setdefault(trial.config["config_id"], {})
        first = known.setdefault(cause.process or report, _Death(report, not cause.memory))
        return first.report != report

    def count(self, key: str) -> int:
        """How often a configuration and seed has failed."""
        return sum(death.counts for death in self._known.get(key, {}).values())
