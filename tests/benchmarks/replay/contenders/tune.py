"""Ray Tune's searcher and scheduler interfaces, driven by events as its controller does it."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from ray.tune.experiment import Trial
from ray.tune.schedulers import TrialScheduler
from ray.tune.search import Searcher

from tests.benchmarks.replay.clock import Run, Search


class Controller:
    """What a scheduler may ask of Tune's controller."""

    def __init__(self, searcher: Searcher, scheduler: TrialScheduler) -> None:
        self.search_alg, self.scheduler = searcher, scheduler
        self.trials: list[Trial] = []
        self.runs: dict[Trial, Run] = {}

    def get_trials(self) -> list[Trial]:
        return self.trials

    def get_live_trials(self) -> set[Trial]:
        return {trial for trial in self.trials if not trial.is_finished()}

    def stop_trial(self, trial: Trial) -> None:
        """End a trial, whoever wants it."""
        if trial.is_finished():
            return
        if trial.status == Trial.RUNNING:
            result = trial.last_result
            self.scheduler.on_trial_complete(self, trial, result)
            self.search_alg.on_trial_complete(trial.trial_id, result=result)
        else:
            self.scheduler.on_trial_remove(self, trial)
            self.search_alg.on_trial_complete(trial.trial_id)
        trial.set_status(Trial.TERMINATED)
        self.runs[trial].over = True

    def pause_trial(self, trial: Trial, should_checkpoint: bool = True) -> None:
        trial.set_status(Trial.PAUSED)


class TuneSearch(Search):
    """A searcher with a scheduler of Ray Tune.

    Args:
        searcher: Suggests configurations.
        scheduler: Stops trials.
    """

    def __init__(self, searcher: Searcher, scheduler: TrialScheduler) -> None:
        self.searcher, self.scheduler = searcher, scheduler
        self.controller = Controller(searcher, scheduler)
        self._trials: dict[Run, Trial] = {}

    @abstractmethod
    def run_of(self, config: dict[str, Any]) -> Run:
        """The recorded training of a suggestion."""

    @abstractmethod
    def result_of(self, run: Run) -> dict[str, Any]:
        """What the trainable would report of the present epoch."""

    def ended(self, run: Run) -> None:
        """A training is done, or stopped."""

    def ask(self) -> Run | None:
        if not any(trial.status == Trial.PENDING for trial in self.controller.trials[-1:]):
            self._add()
        trial = self.scheduler.choose_trial_to_run(self.controller)
        if trial is None:
            return None
        trial.set_status(Trial.RUNNING)
        return self.controller.runs[trial]

    def tell(self, run: Run) -> bool:
        trial = self._trials[run]
        result = self.result_of(run)
        if result.get("done"):
            decision = TrialScheduler.STOP
        else:
            decision = self.scheduler.on_trial_result(self.controller, trial, dict(result))
        if decision == TrialScheduler.STOP:
            result["done"] = True
        else:
            self.searcher.on_trial_result(trial.trial_id, result)
        trial.run_metadata.last_result = result
        if decision == TrialScheduler.PAUSE:
            self.controller.pause_trial(trial)
        elif decision == TrialScheduler.STOP:
            self.controller.stop_trial(trial)
            self.ended(run)
        return trial.status == Trial.RUNNING

    def _add(self) -> None:
        number = len(self.controller.trials)
        config = self.searcher.suggest(f"{number:08}")
        if not isinstance(config, dict):
            return
        trial = Trial("replay", trial_id=f"{number:08}", config=config, stub=True)
        run = self.run_of(config)
        self.controller.trials.append(trial)
        self.controller.runs[trial], self._trials[run] = run, trial
        self.scheduler.on_trial_add(self.controller, trial)
