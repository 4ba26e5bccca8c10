"""What Ray Tune does with a searcher and a scheduler, in this process and in any order of events.

The trials have curves instead of networks, and keep their epochs as checkpoints do: a new driver
finds them. The searcher, the scheduler and Optuna's study are the real ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState
from ray.tune.experiment import Trial
from ray.tune.schedulers import TrialScheduler

from analysis.records import KIND_TRIAL, State, Tag
from analysis.store.record import RunRecord
from snn.config import TrialConfig
from sweep.methods.schedulers.base import Past
from sweep.methods.schedulers.contest import Contest
from sweep.search.identity import CONFIG
from sweep.search.identity import OUTCOME as ENDED
from sweep.search.schedulers import make_scheduler
from sweep.search.searcher import StudySearcher
from sweep.search.study import open_study
from sweep.spec.specification import Specification
from sweep.trial.failures import Cause
from sweep.trial.outcome import EARLIER, EPOCH, OUTCOME, REASON, Outcome

Curve = Callable[[TrialConfig, int], Mapping[str, float]]
"""The metrics of a configuration and seed at an epoch."""


class Kept:
    """A study's database that keeps what it has in memory."""

    def __init__(self, trials: Sequence[FrozenTrial] = ()) -> None:
        self.trials = list(trials)

    def save(self, trial: FrozenTrial) -> None:
        """The study itself has it."""

    def holds(self, number: int, wait_s: float) -> bool:
        return True


@dataclass
class World:
    """What outlives a driver.

    Attributes:
        sweep: The plan.
        curve: What training reaches.
        slots: How many trials can run at once.
        diverging: Seeds whose loss is not finite after so many epochs, by `config_id`.
        earlier: Outcomes of other sweeps, by `config_id`.
        epochs: How far every trial has been trained, by `config_id`.
        trained: Epochs that were paid for.
        trials: Of the study, as its database has them.
    """

    sweep: Specification
    curve: Curve
    slots: int = 2
    diverging: dict[str, int] = field(default_factory=dict)
    earlier: Callable[[TrialConfig], Outcome | None] = lambda _: None
    epochs: dict[str, int] = field(default_factory=dict)
    trained: int = 0
    trials: list[FrozenTrial] = field(default_factory=list)

    def history(self, config: TrialConfig) -> dict[int, Mapping[str, float]]:
        done = self.epochs.get(config.config_id, 0)
        if not done and self.earlier(config):
            done = config.epochs
        return {epoch: self.curve(config, epoch) for epoch in range(1, done + 1)}


class Tune:
    """A driver: hand out, start, report, stop, until there is nothing more to do."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.dropped: list[tuple[str, str]] = []
        self.handed: list[TrialConfig] = []
        database: Any = Kept(world.trials)
        self.study = open_study(world.sweep, database)
        self.searcher = StudySearcher(
            world.sweep,
            self.study,
            database,
            world.earlier,
            lambda *_: None,
            lambda: world.slots,
            why=lambda _: Cause("it crashed"),
            history=world.history,
            on_drop=lambda config, reason: self.dropped.append((config.config_id, reason)),
        )
        self.scheduler: Contest = make_scheduler(world.sweep, [*self._past()])
        self.searcher.join(self.scheduler)
        self.trials: list[Trial] = []
        self._told: set[str] = set()
        self._configs: dict[str, TrialConfig] = {}

    def _past(self) -> Any:
        for config, outcome in self.searcher.resumed:
            reason = self.searcher.ended_early.get(config.group_id, "")
            history = self.world.history(config)
            yield Past(config.to_wire(), history, outcome.state, outcome.metrics, reason)

    @property
    def running(self) -> list[Trial]:
        return [trial for trial in self.trials if trial.status == Trial.RUNNING]

    def go(self, pick: Callable[[int], int] = lambda _: 0, events: int = 100_000) -> bool:
        """Go on for so many events; whether the sweep has ended.

        Args:
            pick: Which of so many running trials reports next.
            events: Reports, at most.
        """
        for _ in range(events):
            if not self._fill():
                return True
            self._report(self.running[pick(len(self.running))])
        return False

    def kill(self) -> Tune:
        """The next driver, after this one was killed."""
        self.world.trials = [
            trial for trial in self.study.get_trials() if trial.state != TrialState.WAITING
        ]
        return Tune(self.world)

    def crash(self, trial: Trial) -> None:
        """A trial loses its process, and goes on in another."""
        self.scheduler.on_trial_error(self, trial)
        trial.set_status(Trial.PENDING)
        self.scheduler.on_trial_add(self, trial)

    def fail(self, trial: Trial) -> None:
        """A trial fails for good."""
        self.scheduler.on_trial_error(self, trial)
        self.searcher.on_trial_complete(trial.trial_id, error=True)
        trial.set_status(Trial.ERROR)

    def records(self) -> list[RunRecord]:
        """The runs as MLflow would have them."""
        ended_early = dict(self.dropped)
        attributes = [trial.user_attrs for trial in self.study.get_trials(deepcopy=False)]
        found = []
        for config in dict.fromkeys(self.handed):
            told = next(
                json.loads(each[f"{ENDED}:{config.seed}"])
                for each in attributes
                if json.loads(each[CONFIG])["lr"] == config.lr
            )
            tags = {Tag.STATE: told["state"], Tag.KIND: KIND_TRIAL}
            tags |= {Tag.CONFIG_ID: config.config_id, Tag.GROUP_ID: config.group_id}
            if config.config_id in ended_early:
                tags[Tag.PRUNED] = ended_early[config.config_id]
            metrics = {k: v for k, v in told["metrics"].items() if k.startswith("best_")}
            params = {key: str(value) for key, value in config.params().items()}
            found.append(
                RunRecord(config.config_id, "s", "", "FINISHED", 0, 1, params, tags, metrics)
            )
        return found

    # What a scheduler asks of Ray Tune

    def get_trials(self) -> list[Trial]:
        return self.trials

    def get_live_trials(self) -> list[Trial]:
        return [t for t in self.trials if t.status not in (Trial.TERMINATED, Trial.ERROR)]

    def pause_trial(self, trial: Trial, **_: Any) -> None:
        trial.set_status(Trial.PAUSED)

    def stop_trial(self, trial: Trial, **_: Any) -> None:
        if trial.status == Trial.RUNNING:
            self.scheduler.on_trial_complete(self, trial, dict(trial.last_result))
            self.searcher.on_trial_complete(trial.trial_id, result=dict(trial.last_result))
        else:
            self.scheduler.on_trial_remove(self, trial)
            self.searcher.on_trial_complete(trial.trial_id)
        trial.set_status(Trial.TERMINATED)

    # One step of Ray Tune

    def _fill(self) -> bool:
        """Start what there is room for; whether anything runs."""
        idle = 0
        while idle < 2:  # what one step ends, the next one may replace
            pending = [trial for trial in self.trials if trial.status == Trial.PENDING]
            if not pending:
                self._ask()
            chosen = self.scheduler.choose_trial_to_run(self)
            if chosen is not None and chosen.status == Trial.PAUSED:
                assert len(self.running) < self.world.slots, "it goes on, and there is no room"
                chosen.set_status(Trial.PENDING)
            pending = [trial for trial in self.trials if trial.status == Trial.PENDING]
            if not pending or len(self.running) >= self.world.slots:
                idle += 1
                continue
            first = chosen if chosen in pending else pending[0]
            first.set_status(Trial.RUNNING)
        return bool(self.running)

    def _ask(self) -> None:
        trial_id = f"{id(self)}-{len(self.trials)}"
        found = self.searcher.suggest(trial_id)
        if isinstance(found, dict):
            config = TrialConfig.parse(found["trial"])
            assert not self.scheduler.reason(config), "a seed begins of what was ended early"
            self.handed.append(config)
            self._configs[trial_id] = config
            trial = Trial("any", trial_id=trial_id, config=found, stub=True)
            self.trials.append(trial)
            self.scheduler.on_trial_add(self, trial)

    def _report(self, trial: Trial) -> None:
        result = self._train(trial)
        config = self._configs[trial.trial_id]
        if OUTCOME in result:
            trial.run_metadata.last_result = result
            self.stop_trial(trial)
            return
        decision = self.scheduler.on_trial_result(self, trial, dict(result))
        if decision != TrialScheduler.STOP:
            self.searcher.on_trial_result(trial.trial_id, result)
        trial.run_metadata.last_result = result
        if decision == TrialScheduler.STOP:
            self.stop_trial(trial)
        elif decision == TrialScheduler.PAUSE:
            trial.set_status(Trial.PAUSED)
            self._told.discard(config.config_id)  # another actor begins with its last epoch

    def _train(self, trial: Trial) -> dict[str, Any]:
        """The next result of a trial, as `Reports` gives them."""
        config = self._configs[trial.trial_id]
        key = config.config_id
        result: dict[str, Any] = {}
        done = self.world.epochs.get(key, 0)
        if key not in self._told and done:
            result[EARLIER] = [self.world.curve(config, e) for e in range(1, done)]
        if key in self._told or not done or done == config.epochs:
            if done < config.epochs:
                if self.world.diverging.get(key) == done:
                    return {OUTCOME: State.FAILED, REASON: "the loss is nan"}
                self.world.epochs[key] = done = done + 1
                self.world.trained += 1
        self._told.add(key)
        result |= {**self.world.curve(config, done), EPOCH: done}
        if done == config.epochs:
            best = max(
                range(1, done + 1), key=lambda e: self.world.curve(config, e)["val_accuracy"]
            )
            ended = {f"best_{k}": v for k, v in self.world.curve(config, best).items()}
            result |= ended | {OUTCOME: State.DONE}
        return result


def study_states(study: optuna.Study) -> list[TrialState]:
    """How the configurations stand, in their order."""
    return [trial.state for trial in study.get_trials(deepcopy=False)]
