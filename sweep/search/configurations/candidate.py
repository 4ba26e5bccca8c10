"""One configuration of a search, with what its seeds have reported."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.trial import TrialState

from analysis.records import BREAKS_A_LIMIT, State
from snn.config import TrialConfig
from sweep.methods.constraints import Constraint
from sweep.search.identity import ENDED_EARLY, OUTCOME
from sweep.trial.outcome import Outcome

Epochs = Mapping[int, Mapping[str, Any]]
"""Metrics by epoch."""


@dataclass(eq=False)
class Candidate:
    """A trial of the study, and its replicates by their seeds.

    Attributes:
        trial: Of the study.
        configs: Of each seed.
        outcomes: Of the seeds that have ended.
        reports: The value of every seed that reached an epoch, by epoch and seed.
        reported: Epochs that the study has already, as means over all seeds.
        latest: All metrics of the last epoch of every seed, as far as they are searched for.
        dropped: Seeds that never begin, because the configuration was ended early.
        reason: Why it was; empty if it was not.
    """

    trial: optuna.trial.Trial
    configs: dict[int, TrialConfig]
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    reports: dict[int, dict[int, float]] = field(default_factory=dict)
    reported: set[int] = field(default_factory=set)
    latest: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    dropped: set[int] = field(default_factory=set)
    reason: str = ""

    @property
    def group_id(self) -> str:
        """Of the configuration, whatever the seed."""
        return next(iter(self.configs.values())).group_id

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

    def settle(self, seed: int, outcome: Outcome) -> None:
        """A seed has ended: the study has it, too, for a later driver."""
        self.outcomes[seed] = outcome
        record = {"metrics": dict(outcome.metrics), "state": outcome.state}
        record |= {"reason": outcome.reason} if outcome.reason else {}
        self.trial.set_user_attr(f"{OUTCOME}:{seed}", json.dumps(record))

    def restore(self, frozen: optuna.trial.FrozenTrial) -> None:
        """Take up what an earlier driver has noted."""
        self.reported = set(frozen.intermediate_values)
        self.reason = frozen.user_attrs.get(ENDED_EARLY, "")
        self.outcomes |= outcomes_of(frozen, self.configs)

    def note_limits(self, limits: Sequence[Constraint]) -> str:
        """Tell the study by how much each limit is broken; those that are, in words."""
        reached = self._reached(limits)
        broken = {one.metric: one.excess(reached[one.metric]) for one in limits}
        for name, excess in broken.items():
            self.trial.set_constraint(name, excess)
        names = [f"{n} is {reached[n]:.6g}" for n, excess in broken.items() if excess > 0]
        return f"{BREAKS_A_LIMIT}: {', '.join(names)}" if names else ""

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

    def _reached(self, limits: Sequence[Constraint]) -> dict[str, float]:
        """What is limited, as means over the seeds: at their best epochs, else at their last."""
        rows = []
        for seed in {**self.latest, **self.outcomes}:
            ended = self.outcomes.get(seed)
            best = ended.metrics if ended and ended.state == State.DONE else {}
            last = self.latest.get(seed, {})
            names = [one.metric for one in limits]
            rows.append([float(best.get(f"best_{n}", last.get(n, math.nan))) for n in names])
        means = [sum(column) / len(column) for column in zip(*rows, strict=True)]
        return dict(zip([one.metric for one in limits], means, strict=False))


def outcomes_of(frozen: optuna.trial.FrozenTrial, seeds: Iterable[int]) -> dict[int, Outcome]:
    """How the seeds of a trial ended, by the study: those of them that have."""
    records = {seed: frozen.user_attrs.get(f"{OUTCOME}:{seed}") for seed in seeds}
    return {seed: Outcome(**json.loads(record)) for seed, record in records.items() if record}
