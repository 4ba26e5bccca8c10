"""One configuration of a search, with what its seeds have reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import optuna
from optuna.trial import TrialState

from analysis.records import State
from snn.config import TrialConfig
from sweep.trial.outcome import Outcome


@dataclass(eq=False)
class Candidate:
    """A trial of the study, and its replicates by their seeds.

    Attributes:
        trial: Of the study.
        configs: Of each seed.
        outcomes: Of the seeds that have ended.
        reports: The value of every seed that reached an epoch, by epoch and seed.
        reported: Epochs that the study has already, as means over all seeds.
        dropped: Seeds that never begin, because the configuration was ended early.
        reason: Why it was; empty if it was not.
    """

    trial: optuna.trial.Trial
    configs: dict[int, TrialConfig]
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    reports: dict[int, dict[int, float]] = field(default_factory=dict)
    reported: set[int] = field(default_factory=set)
    dropped: set[int] = field(default_factory=set)
    reason: str = ""

    @property
    def open_seeds(self) -> list[int]:
        """Seeds without an end that have begun or may begin."""
        return [s for s in self.configs if s not in self.outcomes and s not in self.dropped]

    @property
    def state(self) -> TrialState:
        """How it has ended, with all its seeds."""
        states = {outcome.state for outcome in self.outcomes.values()}
        if State.FAILED in states:
            return TrialState.FAIL
        if State.PRUNED in states or self.reason:
            return TrialState.PRUNED
        return TrialState.COMPLETE

    def means(self, metrics: Sequence[str]) -> list[float]:
        """The metrics of the best epochs, as means over the seeds."""
        ends = self.outcomes.values()
        return [sum(end.value(name) for end in ends) / len(ends) for name in metrics]

    def report(self, seed: int, values: Mapping[int, float]) -> None:
        """Keep the values of a seed by epoch; the study gets an epoch once all seeds have it."""
        for epoch, value in values.items():
            self.reports.setdefault(epoch, {})[seed] = value
            self._pass_on(epoch, len(self.configs))

    def close(self) -> None:
        """Give the study the epochs that all seeds have that began, where some never did."""
        began = {seed for values in self.reports.values() for seed in values}
        for epoch in sorted(self.reports) if self.dropped else ():
            self._pass_on(epoch, len(began))

    def _pass_on(self, epoch: int, wanted: int) -> None:
        values = self.reports[epoch].values()
        if len(values) >= wanted and epoch not in self.reported:
            self.trial.report(sum(values) / len(values), epoch)
            self.reported.add(epoch)

    def reports_of(self, seed: int) -> dict[int, float]:
        """What a seed has reported, by epoch."""
        return {epoch: values[seed] for epoch, values in self.reports.items() if seed in values}
