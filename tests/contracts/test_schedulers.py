"""What every scheduler must fulfil, and how one more is added: Ray's own, fed by hand."""

from __future__ import annotations

from typing import Any

import pytest
from ray.tune.experiment import Trial
from ray.tune.schedulers import TrialScheduler

from analysis.records import State
from snn.config import TrialConfig
from sweep.errors import SpecError
from sweep.methods.schedulers import SCHEDULERS
from sweep.methods.schedulers.base import Past
from sweep.search.schedulers import make_scheduler
from sweep.spec.parsing import parse_sweep
from sweep.spec.specification import Specification
from sweep.trial.outcome import EPOCH
from tests.contracts.methods import OWN_SCHEDULER

EPOCHS = 12
ACCURACIES = [0.9, 0.5, 0.4, 0.3, 0.2, 0.1]

pytestmark = pytest.mark.usefixtures("one_more")
every_scheduler = pytest.mark.parametrize("name", [*SCHEDULERS, OWN_SCHEDULER.name])


class Controller:
    """What a scheduler asks of Ray Tune: to stop or to pause a trial."""

    def __init__(self) -> None:
        self.stopped = list[str]()
        self.trials = list[Trial]()

    def get_trials(self) -> list[Trial]:
        return self.trials

    def get_live_trials(self) -> list[Trial]:
        return [trial for trial in self.trials if trial.status != Trial.TERMINATED]

    def stop_trial(self, trial: Trial, **_: Any) -> None:
        self.stopped.append(trial.trial_id)
        trial.set_status(Trial.TERMINATED)

    def pause_trial(self, trial: Trial, **_: Any) -> None:
        trial.set_status(Trial.PAUSED)


def plan(name: str, **changes: Any) -> Specification:
    common = {
        "name": "contract",
        "base": {"epochs": EPOCHS},
        "search": {"lr": {"loguniform": [1e-4, 1e-2]}},
        "scheduler": name,
    }
    return parse_sweep(common | changes)


def stopped(sweep: Specification) -> list[str]:
    """The trials that are stopped, of some that run side by side, in this order.

    One that is paused goes on when it is chosen. No others come.
    """
    scheduler, controller = make_scheduler(sweep), Controller()
    scheduler.over = lambda: True
    configs = [{"trial": {"lr": 1e-3 * (1 + n)}} for n in range(len(ACCURACIES))]
    trials = [Trial("any", trial_id=f"t{n}", config=c, stub=True) for n, c in enumerate(configs)]
    controller.trials = trials
    for trial in trials:
        scheduler.on_trial_add(controller, trial)  # type: ignore[arg-type]
        trial.set_status(Trial.RUNNING)
    epochs = dict.fromkeys(trials, 0)
    while running := [trial for trial in trials if trial.status == Trial.RUNNING]:
        for trial in running:
            epochs[trial] += 1
            accuracy = ACCURACIES[trials.index(trial)]
            result = {EPOCH: epochs[trial], "val_accuracy": accuracy * epochs[trial]}
            if epochs[trial] == EPOCHS:
                scheduler.on_trial_complete(controller, trial, result)  # type: ignore[arg-type]
                config = TrialConfig.parse(trial.config["trial"])
                scheduler.settle(config, State.DONE, {"best_val_accuracy": accuracy}, {})
                trial.set_status(Trial.TERMINATED)
                continue
            decision = scheduler.on_trial_result(controller, trial, result)  # type: ignore[arg-type]
            if decision == TrialScheduler.PAUSE:
                trial.set_status(Trial.PAUSED)
            if decision == TrialScheduler.STOP:
                controller.stopped.append(trial.trial_id)
                trial.set_status(Trial.TERMINATED)
                scheduler.on_trial_complete(controller, trial, result)  # type: ignore[arg-type]
        for _ in trials:  # what one call ends, the next one may replace
            chosen = scheduler.choose_trial_to_run(controller)
            if chosen is not None:
                chosen.set_status(Trial.RUNNING)
    assert {trial.status for trial in trials} == {Trial.TERMINATED}
    return controller.stopped


@every_scheduler
def test_the_best_trial_is_never_stopped_and_decisions_repeat(name: str) -> None:
    sweep = plan(name)
    gone = stopped(sweep)
    assert "t0" not in gone
    assert gone == stopped(sweep)
    assert bool(gone) == (name != "none")


@every_scheduler
def test_after_a_resume_it_compares_with_what_ended_before_or_says_that_it_does_not(
    name: str,
) -> None:
    sweep = plan(name)
    best = {epoch: {"val_accuracy": 0.9} for epoch in range(1, EPOCHS + 1)}
    end = {"best_val_accuracy": 0.9}
    past = [Past({"lr": 1e-3 * (n + 1)}, best, State.DONE, end) for n in range(5)]
    scheduler, controller = make_scheduler(sweep, past), Controller()
    worst = Trial("any", config={"trial": {"lr": 1e-2}}, stub=True)
    controller.trials = [worst]
    scheduler.on_trial_add(controller, worst)  # type: ignore[arg-type]
    worst.set_status(Trial.RUNNING)
    scheduler.over = lambda: True
    decisions = list[str]()
    for epoch in range(1, EPOCHS):
        result = {EPOCH: epoch, "val_accuracy": 0.1}
        decisions.append(scheduler.on_trial_result(controller, worst, result))  # type: ignore[arg-type]
        if decisions[-1] == TrialScheduler.PAUSE:
            worst.set_status(Trial.PAUSED)
            scheduler.choose_trial_to_run(controller)
            scheduler.choose_trial_to_run(controller)  # ends what the first call has judged
        if worst.status == Trial.TERMINATED:
            break
        worst.set_status(Trial.RUNNING)
    knows = TrialScheduler.STOP in decisions or worst.trial_id in controller.stopped
    assert knows != bool(SCHEDULERS[name].forgets) or name == "none"


@every_scheduler
def test_of_epochs_it_asks_for_no_more_than_a_trial_has(name: str) -> None:
    for key in SCHEDULERS[name].keys:
        if key.name in SCHEDULERS[name].within_epochs:
            late = {"name": name, key.name: EPOCHS + 1}
            with pytest.raises(SpecError, match=rf"scheduler\.{key.name}: 13 epochs are more than"):
                plan(name, scheduler=late)
            short = plan(name, base={"epochs": 1})  # a default is lowered, and never refused
            assert short.scheduler_values[key.name] == 1 < key.default
            make_scheduler(short)


def test_one_more_is_made_with_its_own_key() -> None:
    assert "t5" in stopped(plan("median"))
    assert stopped(plan("median", scheduler={"name": "median", "patience": EPOCHS})) == []
