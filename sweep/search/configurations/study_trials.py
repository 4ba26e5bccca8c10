"""The trials of the study: one for each configuration, written to the database as they change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, final

import optuna
from optuna.trial import FrozenTrial, TrialState

from analysis.records import State
from analysis.store.optuna_internals import open_trial, stored_trial
from snn.config import TrialConfig
from sweep.search.configurations.candidate import Candidate, Epochs
from sweep.search.database import StudyDatabase
from sweep.search.ends import Ends
from sweep.search.identity import (
    ASSIGNMENT,
    BREAKS,
    CONFIG,
    ENDED_EARLY,
    configuration_record,
)
from sweep.spec.specification import Specification
from sweep.trial.outcome import Outcome

NO_REASON = "stopped by the scheduler"


@final
class StudyTrials:
    """Asks the study for configurations, and tells it what becomes of them.

    Args:
        sweep: The plan.
        study: In memory.
        database: Where the study is kept.
        ends: Is told of every complete configuration that keeps all limits.
        on_drop: Called when a configuration was ended early or breaks a limit, with the reason, for
            each of its seeds that never begins or was done.
    """

    def __init__(
        self,
        sweep: Specification,
        study: optuna.Study,
        database: StudyDatabase,
        ends: Ends,
        on_drop: Callable[[TrialConfig, str], None],
    ) -> None:
        self._sweep, self._study, self._database = sweep, study, database
        self._ends, self._on_drop = ends, on_drop
        self._metrics = list(sweep.directions)

    # A configuration from its begin to its end

    def ask(self, fixed: Mapping[str, Any]) -> tuple[Candidate, dict[str, Any]]:
        """What the sampler suggests now, with the assignment of the searched keys.

        It is to be kept or refused.

        Args:
            fixed: Searched keys whose values are given; the sampler chooses the others.
        """
        if fixed:
            self._study.enqueue_trial(self._sweep.space.to_optuna_params(dict(fixed)))
        trial = self._study.ask()
        assignment = self._sweep.space.suggest(trial)
        return self._candidate(trial, assignment), assignment

    def keep(self, candidate: Candidate, assignment: Mapping[str, Any]) -> None:
        """A suggestion is taken: the database has it from now on."""
        record = configuration_record(candidate.configs[self._sweep.seeds[0]])
        candidate.trial.set_user_attr(ASSIGNMENT, json.dumps(assignment))
        candidate.trial.set_user_attr(CONFIG, record)
        self._save(candidate.trial)

    def refuse(self, candidate: Candidate) -> None:
        """A suggestion is not taken: the study has it as failed, in memory only."""
        self._study.tell(candidate.trial.number, state=TrialState.FAIL)

    def note(self, candidate: Candidate, seed: int, epochs: Epochs) -> None:
        """A seed has these metrics by epoch."""
        if epochs:
            candidate.latest[seed] = epochs[max(epochs)]
        if len(self._metrics) > 1:  # Optuna has no reports with two values
            return
        wanted = self._metrics[0]
        candidate.report(seed, {n: float(m[wanted]) for n, m in epochs.items() if wanted in m})
        self._save(candidate.trial)

    def settle(self, candidate: Candidate, seed: int, outcome: Outcome) -> None:
        """A seed has ended; the configuration has, too, if it was the last."""
        candidate.settle(seed, outcome)
        self._close(candidate)

    def drop(self, candidate: Candidate, seed: int) -> None:
        """A seed never begins, because its configuration was ended early."""
        candidate.dropped.add(seed)
        self._close(candidate)

    # What earlier drivers have left

    def left(self) -> Iterator[FrozenTrial]:
        """The trials of earlier drivers; one of which nobody knows what it is has failed."""
        for frozen in self._study.get_trials(deepcopy=False):
            if ASSIGNMENT in frozen.user_attrs and frozen.state != TrialState.WAITING:
                yield frozen
            elif frozen.state == TrialState.RUNNING:
                self._study.tell(frozen.number, state=TrialState.FAIL)
                self._save(frozen)

    def revive(self, frozen: FrozenTrial) -> Candidate:
        """The configuration of an earlier driver's trial, with what is known of its seeds."""
        trial = open_trial(self._study, frozen)
        candidate = self._candidate(trial, json.loads(frozen.user_attrs[ASSIGNMENT]))
        candidate.restore(frozen)
        return candidate

    def remember(self, candidate: Candidate, frozen: FrozenTrial) -> None:
        """Say again how a configuration has ended under an earlier driver."""
        breaks = frozen.user_attrs.get(BREAKS, "")
        if frozen.state == TrialState.PRUNED or breaks:
            self._announce(candidate, candidate.reason or breaks or NO_REASON)
        elif frozen.state == TrialState.COMPLETE:
            self._count(candidate)

    def end(self, candidate: Candidate) -> None:
        """A configuration all of whose seeds ended under an earlier driver has ended now."""
        self._close(candidate)

    # The study

    def _candidate(self, trial: optuna.trial.Trial, assignment: dict[str, Any]) -> Candidate:
        seeds = self._sweep.seeds
        return Candidate(trial, {seed: self._sweep.config(assignment, seed) for seed in seeds})

    def _close(self, candidate: Candidate) -> None:
        """Tell the study how a configuration ended, if all its seeds have."""
        if not candidate.open_seeds:
            self._tell(candidate)
        self._save(candidate.trial)

    def _tell(self, candidate: Candidate) -> None:
        state = candidate.state
        if state == TrialState.PRUNED:
            reasons = (end.reason for end in candidate.outcomes.values() if end.reason)
            reason = candidate.reason or next(reasons, NO_REASON)
            candidate.trial.set_user_attr(ENDED_EARLY, reason)
            self._announce(candidate, reason)
        breaks = candidate.note_limits(self._sweep.limits)
        if breaks and state == TrialState.COMPLETE:
            candidate.trial.set_user_attr(BREAKS, breaks)
            self._announce(candidate, breaks)
        elif state == TrialState.COMPLETE:
            self._count(candidate)
        candidate.close()
        means = candidate.means(self._metrics) if state == TrialState.COMPLETE else None
        self._study.tell(candidate.trial.number, means, state=state)

    def _announce(self, candidate: Candidate, reason: str) -> None:
        """Say of the seeds that were not pruned that their configuration was ended early."""
        for seed, config in candidate.configs.items():
            ended = candidate.outcomes.get(seed)
            if ended is None or ended.state == State.DONE:
                self._on_drop(config, reason)

    def _count(self, candidate: Candidate) -> None:
        """A complete configuration that keeps all limits may end the search."""
        self._ends.add([end.value(self._metrics[0]) for end in candidate.outcomes.values()])

    def _save(self, trial: optuna.trial.Trial | FrozenTrial) -> None:
        self._database.save(stored_trial(self._study, trial))
