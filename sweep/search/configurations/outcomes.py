"""How the seeds of a search have ended, for the study and for the scheduler."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import final

from snn.config import TrialConfig
from sweep.methods.schedulers.contest import Contest
from sweep.search.configurations.candidate import Candidate, Epochs
from sweep.search.configurations.study_trials import StudyTrials
from sweep.trial.outcome import Outcome


@final
class Outcomes:
    """The ends of all seeds, those of earlier drivers included.

    Args:
        trials: Of the study.
        history: The metrics by epoch of a trial that has ended, in this sweep or another.

    Attributes:
        contest: The scheduler, which judges configurations; see `join`.
    """

    def __init__(
        self, trials: StudyTrials, history: Callable[[TrialConfig], Epochs] = lambda _: {}
    ) -> None:
        self._trials, self.history = trials, history
        self.contest: Contest | None = None
        self._settled: dict[str, Outcome] = {}  # by config_id, as the following
        self._recalled: dict[str, Epochs] = {}

    def of(self, config: TrialConfig) -> Outcome | None:
        """How a configuration and seed has ended in this sweep; None if it has not."""
        return self._settled.get(config.config_id)

    def know(self, config: TrialConfig, outcome: Outcome) -> None:
        """A seed has ended under an earlier driver."""
        self._settled[config.config_id] = outcome

    def join(self, contest: Contest, candidates: Iterable[Candidate]) -> None:
        """Tell the scheduler what is known of configurations that have not ended."""
        self.contest = contest
        for candidate in candidates:
            for seed, config in candidate.configs.items():
                if seed in candidate.outcomes:
                    self._tell_contest(config, candidate.outcomes[seed])
                else:
                    contest.recall(config, self.history(config))

    def settle(self, candidate: Candidate, seed: int, outcome: Outcome) -> None:
        """A seed has ended now."""
        config = candidate.configs[seed]
        self.know(config, outcome)
        self._tell_contest(config, outcome)
        self._trials.settle(candidate, seed, outcome)

    def recall(self, candidate: Candidate, seed: int) -> None:
        """Report the epochs of a seed that has ended: the means over seeds need them."""
        config = candidate.configs[seed]
        self._recalled[config.config_id] = epochs = self.history(config)
        self._trials.note(candidate, seed, epochs)

    def _tell_contest(self, config: TrialConfig, outcome: Outcome) -> None:
        if self.contest:
            epochs = self._recalled.get(config.config_id, {})
            self.contest.settle(config, outcome.state, outcome.metrics, epochs)
