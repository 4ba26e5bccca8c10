"""One configuration of a search, with what its seeds have reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import optuna

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
    """

    trial: optuna.trial.Trial
    configs: dict[int, TrialConfig]
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    reports: dict[int, dict[int, float]] = field(default_factory=dict)
    reported: set[int] = field(default_factory=set)

    @property
    def open_seeds(self) -> list[int]:
        """Seeds without an end."""
        return [seed for seed in self.configs if seed not in self.outcomes]

    def report(self, seed: int, values: Mapping[int, float]) -> None:
        """Keep the values of a seed by epoch; the study gets an epoch once all seeds have it."""
        for epoch, value in values.items():
            at_epoch = self.reports.setdefault(epoch, {})
            at_epoch[seed] = value
            if len(at_epoch) == len(self.configs) and epoch not in self.reported:
                self.trial.report(sum(at_epoch.values()) / len(at_epoch), epoch)
                self.reported.add(epoch)

    def reports_of(self, seed: int) -> dict[int, float]:
        """What a seed has reported, by epoch."""
        return {epoch: values[seed] for epoch, values in self.reports.items() if seed in values}
