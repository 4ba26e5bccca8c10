"""The search: an Optuna study behind Ray Tune's searcher interface.

A configuration is one Optuna trial; each of its seeds is one Ray trial. Ray's own OptunaSearch
tells Optuna that a stopped trial is complete, never ends a trial that reports NaN, runs the same
configuration twice, and keeps its state in memory. Here, the study holds all that a resumed sweep
needs before a trial starts:

- a trial that the scheduler stopped is pruned, with its intermediate values; one that failed or
  diverged is failed; a complete one has the value of the epoch that validation chose;
- a configuration and seed that already ran, here or in another sweep, is reused;
- trials that a killed driver left running are handed out again, with their number.
"""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

import optuna
from optuna.trial import TrialState
from ray.tune.search import Searcher

from analysis.records import State
from analysis.store.optuna_internals import open_trial, stored_trial
from snn.config import TrialConfig
from sweep.methods.schedulers.contest import Contest
from sweep.search.candidate import Candidate
from sweep.search.database import StudyDatabase
from sweep.search.ends import Ends
from sweep.search.identity import (
    ASSIGNMENT,
    BREAKS,
    CONFIG,
    ENDED_EARLY,
    configuration_record,
)
from sweep.search.informed import Informed
from sweep.search.shares import Shares
from sweep.spec.specification import Specification
from sweep.trial.failures import UNKNOWN, Cause
from sweep.trial.outcome import EARLIER, EPOCH, Outcome, outcome_of

optuna.logging.set_verbosity(optuna.logging.WARNING)
log = logging.getLogger(__name__)

_DATABASE_WAIT_S = 0.2  # for a new trial to be written; results wait meanwhile
NO_REASON = "stopped by the scheduler"
_MAX_REPEATS = 100  # suggestions in a row that are not new: the space is exhausted

Lookup = Callable[[TrialConfig], Outcome | None]
Epochs = Mapping[int, Mapping[str, Any]]  # metrics by epoch


class StudySearcher(Searcher):
    """Hands out trials until all planned configurations have been handed out.

    Args:
        sweep: The plan.
        study: In memory; its running trials are taken up first.
        database: Where the study is kept.
        lookup: Outcome of an earlier run of the same configuration and seed, or None.
        on_reuse: Called with every configuration whose earlier result is reused.
        slots: How many trials can run at once, now: none is asked for before there is room for
            it, so that the sampler knows as much as it can.
        why: Why a trial has just failed, by its id.
        history: The metrics by epoch of a trial that has ended, in this sweep or another.
        on_drop: Called when a configuration was ended early, with the reason, for each of its seeds
            that never begins or was done.
        ends: The rules that end the search before its plan is done.

    Attributes:
        contest: The scheduler, which judges configurations; see `join`.
        resumed: What earlier drivers of this study have settled.
        ended_early: Why configurations were ended early, by `group_id`.
        exhausted: Whether all planned configurations were handed out, or there are no new ones.
        halted: Why no more are handed out before that; the world failed a trial.
    """

    def __init__(
        self,
        sweep: Specification,
        study: optuna.Study,
        database: StudyDatabase,
        lookup: Lookup,
        on_reuse: Callable[[TrialConfig, Outcome], None],
        slots: Callable[[], int],
        why: Callable[[str], Cause] = lambda _: UNKNOWN,
        history: Callable[[TrialConfig], Epochs] = lambda _: {},
        on_drop: Callable[[TrialConfig, str], None] = lambda *_: None,
        ends: Ends | None = None,
    ) -> None:
        self.metrics = list(sweep.directions)
        super().__init__(metric=self.metrics[0], mode=sweep.directions[self.metrics[0]])
        self.sweep, self.study, self.database = sweep, study, database
        self.lookup, self.on_reuse = lookup, on_reuse
        self.slots, self.why, self.history, self.on_drop = slots, why, history, on_drop
        self.contest: Contest | None = None
        self.ends = ends or Ends()
        self.halted, self.exhausted = "", False
        self.resumed: list[tuple[TrialConfig, Outcome]] = []
        self._ready: deque[tuple[Candidate, int]] = deque()
        self._running: dict[str, tuple[Candidate, int]] = {}
        self._begun: set[str] = set()
        self._in_flight: dict[str, list[tuple[Candidate, int]]] = {}
        self._settled: dict[str, Outcome] = {}
        self._recalled: dict[str, Epochs] = {}
        self._taken_up: list[Candidate] = []
        self.ended_early: dict[str, str] = {}
        self._repeats = 0
        has_all = sweep.sampler.declared.every_point  # a grid has all kinds
        self._shares = Shares([] if has_all else sweep.kinds)
        self._asked = self._take_up()

    @property
    def finished(self) -> bool:
        """Whether all planned configurations have ended."""
        return self.exhausted and not self._running and not self._ready

    @property
    def waiting(self) -> bool:
        """Whether a trial waits to be handed out, for the first time or again."""
        return bool(self._ready) and not self.halted and not self.ends.at_once

    @property
    def stuck(self) -> bool:
        """Whether no more are handed out, and all that are left wait for more to come."""
        return bool(self.halted) and self.contest is not None and self.contest.stuck

    def join(self, contest: Contest) -> None:
        """Let a scheduler judge the configurations, and tell it what the study knows already."""
        self.contest, contest.more = contest, lambda: self.waiting
        contest.over = lambda: self.exhausted and not self.waiting
        if isinstance(self.study.sampler, Informed):
            self.study.sampler.paused = self._held
        for candidate in self._taken_up:
            for seed, config in candidate.configs.items():
                if seed in candidate.outcomes:
                    self._tell_contest(config, candidate.outcomes[seed])
                else:
                    contest.recall(config, self.history(config))

    # Ray Tune's interface

    def suggest(self, trial_id: str) -> dict[str, Any] | None:
        """The next configuration and seed; None for not now; `FINISHED` when there are no more."""
        if len(self._running) - (self.contest.paused if self.contest else 0) >= self.slots():
            return None
        while not self.halted and not self.ends.over_at_once():
            found = self._may_begin()
            if found:
                candidate, seed = found
                if not self.database.holds(candidate.trial.number, _DATABASE_WAIT_S):
                    return None
                self._ready.remove(found)
                self._running[trial_id] = candidate, seed
                config = candidate.configs[seed]
                return {"trial": config.to_wire(), "config_id": config.config_id}
            if not self._ask():
                break
        if self.waiting:
            return None  # seeds that wait until their configurations have been judged
        self.exhausted = not self.halted
        return cast(None, Searcher.FINISHED)  # a string, which Ray's annotation forgot

    def on_trial_result(self, trial_id: str, result: Mapping[str, Any]) -> None:
        """Keep an intermediate value; one that comes after the end of its trial is ignored."""
        if trial_id in self._running:
            self._begun.add(trial_id)
            self._report(*self._running[trial_id], result)

    def on_trial_complete(
        self, trial_id: str, result: Mapping[str, Any] | None = None, error: bool = False
    ) -> None:
        """Settle a trial, and all that wait for the same configuration and seed.

        A second end is ignored. A trial that ended before it ran, for lack of memory, or before it
        had failed as often as it may, is handed out again.
        """
        if trial_id not in self._running:
            return
        candidate, seed = self._running.pop(trial_id)
        if not error and not result and trial_id not in self._begun:
            self._ready.appendleft((candidate, seed))
            return
        cause = self.why(trial_id) if error else None
        if cause and cause.again:
            self._ready.appendleft((candidate, seed))
            return
        outcome = cause.outcome if cause else outcome_of(result)
        if outcome.state == State.PRUNED and self.contest and not outcome.reason:
            outcome = replace(outcome, reason=self.contest.reason(candidate.configs[seed]))
        if outcome.state == State.INTERRUPTED:  # the study keeps it as running, for the next driver
            self.halted = self.halted or outcome.reason
            return
        if result:
            self._report(candidate, seed, result)
        for waiting, its_seed in self._in_flight.pop(candidate.configs[seed].config_id):
            if (waiting, its_seed) != (candidate, seed):
                self.on_reuse(waiting.configs[its_seed], outcome)
                waiting.report(its_seed, candidate.reports_of(seed))
            self._settle(waiting, its_seed, outcome)
        self._drop_if_ended(candidate)

    def save(self, checkpoint_path: str) -> None:
        """Nothing to save: the study holds the state."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing to restore: the study holds the state."""

    def __getstate__(self) -> dict[str, Any]:
        """Tune pickles its searcher for a restore that we do not use: the study holds the state."""
        return {}

    def set_search_properties(
        self, metric: str | None, mode: str | None, config: dict[str, Any], **spec: Any
    ) -> bool:
        """The plan has them already."""
        return True

    # The study

    def _held(self) -> set[int]:
        """The numbers of the trials that wait for their promotion."""
        if self.contest is None or not self.contest.paused:
            return set()
        holds = self.contest.holds
        return {each.trial.number for key, (each, _) in self._running.items() if holds(key)}

    def _ask(self) -> bool:
        """Ask for one more configuration; False when there are no more."""
        if self._asked >= self.sweep.configurations_planned() or self._repeats >= _MAX_REPEATS:
            return False
        if self.ends.over():
            return False
        if self._shares.rarest:
            self.study.enqueue_trial(self.sweep.space.to_optuna_params(self._shares.rarest))
        trial = self.study.ask()
        assignment = self.sweep.space.suggest(trial)
        self._shares.count(assignment)
        candidate = self._candidate(trial, assignment)
        trial.set_user_attr(ASSIGNMENT, json.dumps(assignment))
        trial.set_user_attr(CONFIG, configuration_record(candidate.configs[self.sweep.seeds[0]]))
        self._save(trial)
        self._asked += 1
        self._open(candidate)
        return True

    def _candidate(self, trial: optuna.trial.Trial, assignment: dict[str, Any]) -> Candidate:
        seeds = self.sweep.seeds
        return Candidate(trial, {seed: self.sweep.config(assignment, seed) for seed in seeds})

    def _open(self, candidate: Candidate) -> None:
        """Queue the seeds of a configuration that have no result and do not run."""
        repeated = True
        for seed in candidate.open_seeds:
            config = candidate.configs[seed]
            if config.config_id in self._in_flight:
                self._in_flight[config.config_id].append((candidate, seed))
                continue
            repeated &= config.config_id in self._settled
            outcome = self._settled.get(config.config_id) or self.lookup(config)
            if outcome is not None:
                self.on_reuse(config, outcome)
                self._recall(candidate, seed)
                self._settle(candidate, seed, outcome)
                continue
            self._in_flight[config.config_id] = [(candidate, seed)]
            self._ready.append((candidate, seed))
        self._repeats = self._repeats + 1 if repeated else 0
        self._drop_if_ended(candidate)

    def _report(self, candidate: Candidate, seed: int, result: Mapping[str, Any]) -> None:
        """Report an epoch, and the earlier ones that a resumed trial brings along.

        Perhaps no driver has seen them.
        """
        if EPOCH in result:
            earlier = dict(enumerate(result.get(EARLIER, ()), start=1))
            self._note(candidate, seed, earlier | {int(result[EPOCH]): result})

    def _recall(self, candidate: Candidate, seed: int) -> None:
        """Report the epochs of a seed that has ended: the means over seeds need them."""
        config = candidate.configs[seed]
        self._recalled[config.config_id] = epochs = self.history(config)
        self._note(candidate, seed, epochs)

    def _note(self, candidate: Candidate, seed: int, epochs: Epochs) -> None:
        if epochs:
            candidate.latest[seed] = epochs[max(epochs)]
        if len(self.metrics) > 1:  # Optuna has no reports with two values
            return
        wanted = self.metrics[0]
        candidate.report(seed, {n: float(m[wanted]) for n, m in epochs.items() if wanted in m})
        self._save(candidate.trial)

    def _settle(self, candidate: Candidate, seed: int, outcome: Outcome) -> None:
        candidate.settle(seed, outcome)
        self._settled[candidate.configs[seed].config_id] = outcome
        self._tell_contest(candidate.configs[seed], outcome)
        if not candidate.open_seeds:
            self._tell(candidate)
        self._save(candidate.trial)

    def _tell_contest(self, config: TrialConfig, outcome: Outcome) -> None:
        if self.contest:
            epochs = self._recalled.get(config.config_id, {})
            self.contest.settle(config, outcome.state, outcome.metrics, epochs)

    def _may_begin(self) -> tuple[Candidate, int] | None:
        """The next seed that may begin; drops those of configurations that were ended early."""
        for candidate, seed in list(self._ready):
            if self.contest is None:
                return candidate, seed
            self._drop_if_ended(candidate)
            if seed in candidate.open_seeds and self.contest.begins(candidate.configs[seed]):
                return candidate, seed
        return None

    def _drop_if_ended(self, candidate: Candidate) -> None:
        """End a configuration whole: the seeds of it that have not begun never begin.

        Those that had begun under an earlier driver end as pruned.
        """
        if not candidate.open_seeds:
            return
        pruned = [end for end in candidate.outcomes.values() if end.state == State.PRUNED]
        reason = pruned[0].reason or NO_REASON if pruned else ""
        if self.contest and not pruned:
            reason = self.contest.reason(next(iter(candidate.configs.values())))
        for each in [each for each in self._ready if each[0] is candidate] if reason else ():
            self._ready.remove(each)
            config = candidate.configs[each[1]]
            outcome = Outcome(State.PRUNED, reason=reason) if self.history(config) else None
            if outcome:
                self.on_reuse(config, outcome)
            for waiting, seed in self._in_flight.pop(config.config_id):
                waiting.reason = reason
                if outcome:
                    self._settle(waiting, seed, outcome)
                else:
                    self._drop(waiting, seed)

    def _announce(self, candidate: Candidate, reason: str) -> None:
        """Say of the seeds that were not pruned that their configuration was ended early."""
        for seed, config in candidate.configs.items():
            ended = candidate.outcomes.get(seed)
            if ended is None or ended.state == State.DONE:
                self.on_drop(config, reason)

    def _drop(self, candidate: Candidate, seed: int) -> None:
        candidate.dropped.add(seed)
        if not candidate.open_seeds:
            self._tell(candidate)
        self._save(candidate.trial)

    def _save(self, trial: optuna.trial.Trial | optuna.trial.FrozenTrial) -> None:
        self.database.save(stored_trial(self.study, trial))

    def _tell(self, candidate: Candidate) -> None:
        """Tell the study how a configuration ended, with all its seeds."""
        state = candidate.state
        if state == TrialState.PRUNED:
            reasons = (end.reason for end in candidate.outcomes.values() if end.reason)
            reason = candidate.reason or next(reasons, NO_REASON)
            candidate.trial.set_user_attr(ENDED_EARLY, reason)
            self._announce(candidate, reason)
        breaks = candidate.note_limits(self.sweep.limits)
        if breaks and state == TrialState.COMPLETE:
            candidate.trial.set_user_attr(BREAKS, breaks)
            self._announce(candidate, breaks)
        elif state == TrialState.COMPLETE:
            self._count_towards_the_end(candidate)
        candidate.close()
        means = candidate.means(self.metrics) if state == TrialState.COMPLETE else None
        self.study.tell(candidate.trial.number, means, state=state)

    def _count_towards_the_end(self, candidate: Candidate) -> None:
        """A complete configuration that keeps all limits may end the search."""
        self.ends.add([end.value(self.metrics[0]) for end in candidate.outcomes.values()])

    def _take_up(self) -> int:
        """Continue what an earlier driver left; returns how many configurations it asked for."""
        asked, revived = 0, list[Candidate]()
        for frozen in self.study.get_trials(deepcopy=False):
            if frozen.state == TrialState.WAITING:
                continue
            if frozen.state == TrialState.RUNNING and ASSIGNMENT not in frozen.user_attrs:
                self.study.tell(frozen.number, state=TrialState.FAIL)  # nobody knows what it is
                self._save(frozen)
                continue
            if ASSIGNMENT not in frozen.user_attrs:
                continue
            asked += 1
            self._shares.count(json.loads(frozen.user_attrs[ASSIGNMENT]))
            candidate = self._revive(frozen)
            if frozen.state == TrialState.RUNNING:
                revived.append(candidate)
            breaks = frozen.user_attrs.get(BREAKS, "")
            if frozen.state == TrialState.PRUNED or breaks:
                self._announce(candidate, candidate.reason or breaks or NO_REASON)
            elif frozen.state == TrialState.COMPLETE:
                self._count_towards_the_end(candidate)
        self._taken_up = revived
        for candidate in revived:
            for seed in candidate.outcomes:
                self._recall(candidate, seed)
            if candidate.open_seeds:
                self._open(candidate)
            else:
                self._tell(candidate)
                self._save(candidate.trial)
        return asked

    def _revive(self, frozen: optuna.trial.FrozenTrial) -> Candidate:
        trial = open_trial(self.study, frozen)
        candidate = self._candidate(trial, json.loads(frozen.user_attrs[ASSIGNMENT]))
        candidate.restore(frozen)
        for seed, outcome in candidate.outcomes.items():
            config = candidate.configs[seed]
            self._settled[config.config_id] = outcome
            self.resumed.append((config, outcome))
            if candidate.reason:
                self.ended_early[config.group_id] = candidate.reason
        return candidate
