"""What Ray Tune gets as the scheduler of a sweep: whatever decides, a configuration ends whole.

Ray Tune schedules trials, and a trial is one seed of a configuration. When one of them is stopped
early, the others are, too:

- one that trains ends with its current epoch;
- one that is paused ends at once;
- one that has not begun never begins: the searcher asks `reason` before it hands a seed out;
- one that was done stays done, but its configuration is pruned.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler

from analysis.records import State
from snn.config import TrialConfig
from sweep.methods.schedulers.base import Comparison
from sweep.methods.schedulers.configuration import Configuration, Metrics

Epochs = Mapping[int, Metrics]

LATCHED = 0.95
"""Spikes of a neuron per step from which on a layer tells nothing: it spikes nearly always."""


class Contest(FIFOScheduler):
    """Knows the configurations of a sweep, and ends each whole.

    Args:
        trials: How trials are compared, and those that have ended before.

    Attributes:
        more: Whether the searcher has a trial that waits to be handed out.
        over: Whether it will never have one again, since the search has come to its end.
        slots: How many trials can run at once, now: no more of those that were paused go on.
        stuck: Whether nothing goes on unless the searcher hands out more.
    """

    def __init__(self, trials: Comparison) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._trials = trials
        self.more: Callable[[], bool] = lambda: False
        self.over: Callable[[], bool] = lambda: False
        self.slots: Callable[[], int] = lambda: sys.maxsize
        self.stuck = False
        self._known: dict[str, Configuration] = {}
        self._live: dict[
            str, tuple[Trial, Configuration, int]
        ] = {}  # by trial id, the oldest first
        self._ending: set[str] = set()

    def __getstate__(self) -> dict[str, Any]:
        """Tune pickles its scheduler for a restore that we do not use: the launch has it all."""
        return {}

    # For the searcher

    @property
    def paused(self) -> int:
        """How many trials wait for others of their configuration, and use no resources."""
        return 0

    def holds(self, trial_id: str) -> bool:
        """Whether the configuration of a trial was judged, and waits for others to be promoted."""
        return False

    def begins(self, config: TrialConfig) -> bool:
        """Whether a seed of a configuration may begin now."""
        return True

    def reason(self, config: TrialConfig) -> str:
        """Why a configuration was ended early; empty if it was not."""
        known = self._known.get(config.group_id)
        return known.out if known else ""

    def recall(self, config: TrialConfig, epochs: Epochs) -> None:
        """A seed had begun under an earlier driver, and has not ended: it will be handed out again.

        Args:
            config: What it is.
            epochs: Its metrics by epoch.
        """

    def settle(self, config: TrialConfig, state: str, metrics: Metrics, epochs: Epochs) -> None:
        """A seed has ended, here or in another sweep.

        Args:
            config: What it was.
            state: How it ended.
            metrics: Its metrics at the end.
            epochs: Its metrics by epoch, where the scheduler has not seen them.
        """
        mine = self._configuration(config)
        mine.note(config.seed, epochs)
        if state == State.PRUNED:
            self._end(mine, mine.out or "ended early")
        else:
            mine.end(config.seed, metrics if state == State.DONE else None)

    # From Ray Tune

    def on_trial_add(self, tune_controller: Any, trial: Trial) -> None:
        """Ray Tune has a new trial, or an old one that lost its process."""
        config = TrialConfig.parse(trial.config["trial"])
        self._live[trial.trial_id] = trial, self._configuration(config), config.seed

    def on_trial_result(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> str:
        """Whether a trial goes on after an epoch."""
        _, mine, seed = self._live[trial.trial_id]
        decision = TrialScheduler.CONTINUE
        if not mine.out:
            mine.out = self._lifeless(result)
        if not mine.out:
            decision = self._decide(tune_controller, trial, mine, seed, result)
        if decision == TrialScheduler.STOP or mine.out:
            epoch = result.get(self._trials.time)
            self._end(mine, mine.out or f"epoch {epoch}: stopped by the scheduler")
            return TrialScheduler.STOP
        return decision

    def on_trial_complete(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> None:
        """A trial came to its end, or was stopped."""
        self._say_why(trial)
        self._live.pop(trial.trial_id, None)

    def on_trial_error(self, tune_controller: Any, trial: Trial) -> None:
        """A trial failed; it is added again if it goes on."""
        self._live.pop(trial.trial_id, None)

    def on_trial_remove(self, tune_controller: Any, trial: Trial) -> None:
        """A trial was stopped while it was paused, which the scheduler itself asked for."""
        found = self._live.get(trial.trial_id)
        if found:
            self._end(found[1], found[1].out or "stopped by the scheduler while it waited")
        self._say_why(trial)
        self._live.pop(trial.trial_id, None)

    def choose_trial_to_run(self, tune_controller: Any) -> Trial | None:
        """The next trial to start; before that, ends the paused trials of what has ended."""
        for name in list(self._ending):
            for trial, _, _ in self._members(name):
                if trial.status in (Trial.PAUSED, Trial.PENDING):
                    tune_controller.stop_trial(trial)
            if not self._members(name):
                self._ending.discard(name)
        return self._choose(tune_controller)

    # What a subclass decides

    def _decide(
        self,
        controller: Any,
        trial: Trial,
        mine: Configuration,
        seed: int,
        result: dict[str, Any],
    ) -> str:
        """Whether a trial goes on; `mine.out` says that the whole configuration ends."""
        raise NotImplementedError

    def _choose(self, controller: Any) -> Trial | None:
        """The next of the pending and the paused trials."""
        waiting = (trial for trial, _, _ in self._live.values() if trial.status == Trial.PENDING)
        return next(waiting, None)

    def _configuration(self, config: TrialConfig) -> Configuration:
        name = config.group_id
        if name not in self._known:
            self._known[name] = Configuration(name, self._trials.seeds, config.epochs)
            self._meet(self._known[name], config)
        return self._known[name]

    def _meet(self, mine: Configuration, config: TrialConfig) -> None:
        """Called with every new configuration."""

    def _members(self, name: str) -> list[tuple[Trial, Configuration, int]]:
        """The trials of a configuration that have begun and not ended."""
        return [each for each in self._live.values() if each[1].name == name]

    def _say_why(self, trial: Trial) -> None:
        """Write why the configuration was ended into the last result: the notes are made of it."""
        found = self._live.get(trial.trial_id)
        if found and found[1].out:
            trial.last_result.setdefault(self._trials.why, found[1].out)

    def _lifeless(self, result: Mapping[str, Any]) -> str:
        """That a layer does not spike, or nearly always; empty if all are well, or not known."""
        for number, rate in enumerate(result.get(self._trials.rates, ()), start=1):
            if rate <= 0 or rate >= LATCHED:
                what = "has no spikes" if rate <= 0 else f"spikes at {rate:.0%} of the steps"
                return f"epoch {result[self._trials.time]}: hidden layer {number} {what}"
        return ""

    def _end(self, mine: Configuration, reason: str) -> None:
        mine.out = reason
        self._ending.add(mine.name)


class OneByOne(Contest):
    """A scheduler of Ray Tune's, which judges every seed by itself.

    Args:
        trials: How trials are compared.
        scheduler: Decides.
    """

    def __init__(self, trials: Comparison, scheduler: TrialScheduler) -> None:
        super().__init__(trials)
        self._scheduler = scheduler

    def on_trial_add(self, tune_controller: Any, trial: Trial) -> None:
        """Ray Tune has a new trial."""
        super().on_trial_add(tune_controller, trial)
        self._scheduler.on_trial_add(tune_controller, trial)

    def on_trial_complete(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> None:
        """A trial came to its end."""
        super().on_trial_complete(tune_controller, trial, result)
        self._scheduler.on_trial_complete(tune_controller, trial, result)

    def on_trial_error(self, tune_controller: Any, trial: Trial) -> None:
        """A trial failed."""
        super().on_trial_error(tune_controller, trial)
        self._scheduler.on_trial_error(tune_controller, trial)

    def on_trial_remove(self, tune_controller: Any, trial: Trial) -> None:
        """A trial was given up."""
        super().on_trial_remove(tune_controller, trial)
        self._scheduler.on_trial_remove(tune_controller, trial)

    def _decide(
        self,
        controller: Any,
        trial: Trial,
        mine: Configuration,
        seed: int,
        result: dict[str, Any],
    ) -> str:
        return self._scheduler.on_trial_result(controller, trial, result)

    def _choose(self, controller: Any) -> Trial | None:
        return self._scheduler.choose_trial_to_run(controller)
