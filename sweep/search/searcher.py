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

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, cast

import optuna
from ray.tune.search import Searcher

from analysis.records import State
from snn.config import TrialConfig
from sweep.methods.schedulers.contest import Contest
from sweep.search.configurations.candidate import Candidate, Epochs
from sweep.search.configurations.early_ends import EarlyEnds
from sweep.search.configurations.outcomes import Outcomes
from sweep.search.configurations.queue import Queue, Waiting
from sweep.search.configurations.study_trials import StudyTrials
from sweep.search.configurations.taking_up import take_up
from sweep.search.database import StudyDatabase
from sweep.search.ends import Ends
from sweep.search.informed import Informed
from sweep.search.random_points import random_points
from sweep.search.shares import Shares
from sweep.spec.specification import Specification
from sweep.trial.failures import UNKNOWN, Cause
from sweep.trial.outcome import EARLIER, EPOCH, Outcome, outcome_of

_DATABASE_WAIT_S = 0.2  # for a new trial to be written; results wait meanwhile
_MAX_REPEATS = 100  # suggestions in a row that are not new: the space is exhausted
_OF_SAMPLER = (
    10  # refused suggestions of the sampler; it may repeat itself, so they are random then
)

Lookup = Callable[[TrialConfig], Outcome | None]


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
        known: Configurations that are not to be run, by `group_id`: the sampler knows them from
            other sweeps.

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
        known: Collection[str] = (),
    ) -> None:
        metric, mode = next(iter(sweep.directions.items()))
        super().__init__(metric=metric, mode=mode)
        self.sweep, self.study, self.database = sweep, study, database
        self.lookup, self.on_reuse = lookup, on_reuse
        self.slots, self.why, self.ends = slots, why, ends or Ends()
        self.history, self._known = history, known
        self.halted, self.exhausted = "", False
        self._trials = StudyTrials(sweep, study, database, self.ends, on_drop)
        self._outcomes = Outcomes(self._trials, history)
        self._queue = Queue()
        self._early = EarlyEnds(self._queue, self._outcomes, self._trials, on_reuse)
        self._running: dict[str, Waiting] = {}  # by trial id
        self._begun: set[str] = set()
        self._repeats = 0
        has_all = sweep.sampler.declared.every_point  # a grid has all kinds
        self._shares = Shares([] if has_all else sweep.kinds)
        self._take_up()

    @property
    def contest(self) -> Contest | None:
        """The scheduler, once it has joined."""
        return self._outcomes.contest

    @property
    def finished(self) -> bool:
        """Whether all planned configurations have ended."""
        return self.exhausted and not self._running and not self._queue

    @property
    def complete(self) -> bool:
        """Whether all planned configurations were asked for and have ended, maybe long ago."""
        open_ones = self._running or self._queue
        return self._asked >= self.sweep.configurations_planned() and not open_ones

    @property
    def waiting(self) -> bool:
        """Whether a trial waits to be handed out, for the first time or again."""
        return bool(self._queue) and not self.halted and not self.ends.at_once

    @property
    def stuck(self) -> bool:
        """Whether no more are handed out, and all that are left wait for more to come."""
        return bool(self.halted) and self.contest is not None and self.contest.stuck

    def join(self, contest: Contest) -> None:
        """Let a scheduler judge the configurations, and tell it what the study knows already."""
        contest.more = lambda: self.waiting
        contest.over = lambda: self.exhausted and not self.waiting
        contest.slots = self.slots
        if isinstance(self.study.sampler, Informed):
            self.study.sampler.paused = self._held
        self._outcomes.join(contest, self._taken_up)

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
                self._queue.begin(found)
                self._running[trial_id] = found
                config = candidate.configs[seed]
                return {"trial": config.wire, "config_id": config.config_id}
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
        each = candidate, seed = self._running.pop(trial_id)
        cause = self.why(trial_id) if error else None
        never_ran = not error and not result and trial_id not in self._begun
        if never_ran or (cause and cause.again):
            self._queue.put_back(each)
            return
        outcome = cause.outcome if cause else outcome_of(result)
        if outcome.state == State.PRUNED and self.contest and not outcome.reason:
            outcome = replace(outcome, reason=self.contest.reason(candidate.configs[seed]))
        if outcome.state == State.INTERRUPTED:  # the study keeps it as running, for the next driver
            self.halted = self.halted or outcome.reason
            return
        if result:
            self._report(candidate, seed, result)
        for waiting, its_seed in self._queue.end(each):
            if (waiting, its_seed) != each:
                self.on_reuse(waiting.configs[its_seed], outcome)
                waiting.report(its_seed, candidate.reports_of(seed))
            self._outcomes.settle(waiting, its_seed, outcome)
        self._early.look(candidate)

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

    # Configurations

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
        found = None if self.ends.over() else self._suggestion()
        if found is None:
            return False
        candidate, assignment = found
        self._shares.count(assignment)
        self._trials.keep(candidate, assignment)
        self._asked += 1
        self._open(candidate)
        return True

    def _suggestion(self) -> tuple[Candidate, dict[str, Any]] | None:
        """What is run next: not what is known from other sweeps; None if nothing else comes."""
        seed = self.sweep.sampler.seed + self._asked
        others = random_points(self.sweep.space, seed) if self._known else iter(())
        for attempt in range(_MAX_REPEATS):
            drawn = next(others) if attempt >= _OF_SAMPLER else {}
            found = self._trials.ask(drawn | self._shares.rarest)
            if found[0].group_id not in self._known:
                return found
            self._trials.refuse(found[0])
        self.ends.end(f"{_MAX_REPEATS} suggestions in a row were known from start_from")
        return None

    def _open(self, candidate: Candidate) -> None:
        """Queue the seeds of a configuration that have no result and do not run."""
        repeated = True
        for seed in candidate.open_seeds:
            if self._queue.joins(candidate, seed):
                continue
            config = candidate.configs[seed]
            known = self._outcomes.of(config)
            repeated &= known is not None
            outcome = known or self.lookup(config)
            if outcome is None:
                self._queue.add(candidate, seed)
                continue
            self.on_reuse(config, outcome)
            self._outcomes.recall(candidate, seed)
            self._outcomes.settle(candidate, seed, outcome)
        self._repeats = self._repeats + 1 if repeated else 0
        self._early.look(candidate)

    def _report(self, candidate: Candidate, seed: int, result: Mapping[str, Any]) -> None:
        """Report an epoch, and the earlier ones that a resumed trial brings along.

        Perhaps no driver has seen them.
        """
        if EPOCH in result:
            earlier = dict(enumerate(result.get(EARLIER, ()), start=1))
            self._trials.note(candidate, seed, earlier | {int(result[EPOCH]): result})

    def _may_begin(self) -> Waiting | None:
        """The next seed that may begin; drops those of configurations that were ended early."""
        for candidate, seed in self._queue:
            if self.contest is None:
                return candidate, seed
            self._early.look(candidate)
            if seed in candidate.open_seeds and self.contest.begins(candidate.configs[seed]):
                return candidate, seed
        return None

    def _take_up(self) -> None:
        """Continue what an earlier driver left."""
        taken = take_up(self._trials)
        self.resumed, self.ended_early = taken.resumed, taken.ended_early
        self._taken_up, self._asked = taken.running, len(taken.assignments)
        for assignment in taken.assignments:
            self._shares.count(assignment)
        for config, outcome in taken.resumed:
            self._outcomes.know(config, outcome)
        for candidate in taken.running:
            for seed in candidate.outcomes:
                self._outcomes.recall(candidate, seed)
            if candidate.open_seeds:
                self._open(candidate)
            else:
                self._trials.end(candidate)
