"""What a sampler sees of a study: a trial that is paused is known as far as it came.

A scheduler may pause a configuration at a rung and continue it much later, or never. In the study
it is running, and samplers learn nothing from trials that run. So for the sampler, and for nobody
else, a paused trial is a pruned one with the values that it has reported.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Container, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState


class Shown(InMemoryStorage):
    """A study in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._paused: Collection[int] = ()

    @contextmanager
    def as_pruned(self, paused: Collection[int]) -> Iterator[None]:
        """Meanwhile, the trials with these numbers are pruned."""
        self._paused = paused
        try:
            yield
        finally:
            self._paused = ()

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """All trials in these states; None: in any."""
        if not self._paused:
            return super().get_all_trials(study_id, deepcopy, states)
        every = super().get_all_trials(study_id, deepcopy)
        found = (_pruned(trial) if trial.number in self._paused else trial for trial in every)
        return [trial for trial in found if states is None or trial.state in states]


class Informed(BaseSampler):
    """A sampler that learns from paused trials, too.

    Args:
        sampler: Optuna's.
        storage: Of the study.

    Attributes:
        paused: The numbers of the trials that are paused now.
    """

    def __init__(self, sampler: BaseSampler, storage: Shown) -> None:
        self._sampler, self._storage = sampler, storage
        self.paused: Callable[[], Collection[int]] = lambda: ()

    def reseed_rng(self) -> None:
        """As Optuna's."""
        self._sampler.reseed_rng()

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """As Optuna's."""
        with self._storage.as_pruned(self.paused()):
            return self._sampler.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """As Optuna's."""
        with self._storage.as_pruned(self.paused()):
            return self._sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """As Optuna's."""
        with self._storage.as_pruned(self.paused()):
            return self._sampler.sample_independent(study, trial, param_name, param_distribution)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """As Optuna's."""
        self._sampler.before_trial(study, trial)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """As Optuna's."""
        self._sampler.after_trial(study, trial, state, values)


def _pruned(trial: FrozenTrial) -> FrozenTrial:
    shown = copy.copy(trial)
    shown.state = TrialState.PRUNED
    return shown
