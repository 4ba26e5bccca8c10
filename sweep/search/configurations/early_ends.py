"""Ends configurations whole: when one is ended early, its seeds that wait never begin."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

from analysis.records import State
from snn.config import TrialConfig
from sweep.search.configurations.candidate import Candidate
from sweep.search.configurations.outcomes import Outcomes
from sweep.search.configurations.queue import Queue
from sweep.search.configurations.study_trials import NO_REASON, StudyTrials
from sweep.trial.outcome import Outcome


@final
class EarlyEnds:
    """Takes the seeds of configurations that were ended early out of the queue.

    Args:
        queue: Of the seeds that wait.
        outcomes: Of the seeds that have ended.
        trials: Of the study.
        on_reuse: Called with a seed that had begun under an earlier driver, and ends now.
    """

    def __init__(
        self,
        queue: Queue,
        outcomes: Outcomes,
        trials: StudyTrials,
        on_reuse: Callable[[TrialConfig, Outcome], None],
    ) -> None:
        self._queue, self._outcomes, self._trials = queue, outcomes, trials
        self._on_reuse = on_reuse

    def look(self, candidate: Candidate) -> None:
        """End a configuration if it was ended early.

        Seeds that had begun under an earlier driver end as pruned; the others are dropped.
        """
        reason = self._reason(candidate) if candidate.open_seeds else ""
        if not reason:
            return
        for (_, seed), same in self._queue.take_out(candidate):
            config = candidate.configs[seed]
            begun = self._outcomes.history(config)
            outcome = Outcome(State.PRUNED, reason=reason) if begun else None
            if outcome:
                self._on_reuse(config, outcome)
            for waiting, its_seed in same:
                waiting.reason = reason
                if outcome:
                    self._outcomes.settle(waiting, its_seed, outcome)
                else:
                    self._trials.drop(waiting, its_seed)

    def _reason(self, candidate: Candidate) -> str:
        """Why a configuration was ended early; empty if it was not."""
        pruned = [end for end in candidate.outcomes.values() if end.state == State.PRUNED]
        if pruned:
            return pruned[0].reason or NO_REASON
        contest = self._outcomes.contest
        return contest.reason(next(iter(candidate.configs.values()))) if contest else ""
