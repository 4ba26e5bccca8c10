"""A configuration that waits at a rung goes on when it is among the best that came as far."""

from __future__ import annotations

from typing import Any

import pytest
from optuna import Study, create_study
from optuna.samplers import RandomSampler
from optuna.trial import TrialState

from analysis.records import State
from snn.config import TrialConfig
from sweep.search.identity import ENDED_EARLY
from sweep.search.informed import Informed, Shown
from sweep.spec.parsing import parse_sweep
from sweep.spec.specification import Specification
from tests.sweep_tests.search.tune import Tune, World, study_states

EPOCHS = 9
LRS = [0.005, 0.004, 0.009, 0.003, 0.002, 0.001, 0.0005, 0.0004]
"""The higher the better; with rungs at 2, 4 and 8, the first one waits until a second has come."""


def plan(**changes: Any) -> Specification:
    common: dict[str, Any] = {
        "name": "s",
        "base": {"dataset": "digits", "epochs": EPOCHS},
        "search": {"lr": LRS},
        "sampler": "grid",
        "scheduler": {"name": "promote", "grace": 2, "reduction": 2},
        "seeds": [0, 1],
    }
    return parse_sweep(common | changes)


def by_lr(config: TrialConfig, epoch: int) -> dict[str, float]:
    return {"val_accuracy": 30 * config.lr + (epoch + config.seed) / 100, "val_loss": 1.0}


def reached(world: World) -> list[int]:
    """The epochs of every configuration, in their order."""
    return [
        max(world.epochs.get(world.sweep.config({"lr": lr}, seed).config_id, 0) for seed in (0, 1))
        for lr in LRS
    ]


@pytest.mark.parametrize("slots", [1, 2, 5])
def test_what_waited_is_promoted_and_what_never_was_ends_pruned_with_the_reason(slots: int) -> None:
    tune = Tune(World(plan(), by_lr, slots=slots))
    assert tune.go()
    assert tune.searcher.finished
    judged = "judged so far when the search ended"
    if slots == 1:  # side by side, a seed may be an epoch ahead of the other
        assert reached(tune.world) == [9, 9, 9, 4, 2, 2, 2, 2]
        assert [trial.user_attrs.get(ENDED_EARLY) for trial in tune.study.trials[2:5]] == [
            None,
            f"epoch 4: val_accuracy 0.135 is not in the best half of the 4 {judged}",
            f"epoch 2: val_accuracy 0.085 is not in the best half of the 8 {judged}",
        ]
    states = study_states(tune.study)
    assert states[2] == TrialState.COMPLETE
    assert states.count(TrialState.PRUNED) == 5 and TrialState.RUNNING not in states
    assert {record.state for record in tune.records()} == {State.DONE, State.PRUNED}


@pytest.mark.parametrize("count", [1, 2, 4])
def test_of_few_configurations_the_best_three_are_trained_to_their_ends(count: int) -> None:
    tune = Tune(World(plan(search={"lr": LRS[:count]}), by_lr))
    assert tune.go()
    complete = TrialState.COMPLETE
    assert study_states(tune.study) == ([complete] * 3 + [TrialState.PRUNED])[:count]


@pytest.mark.parametrize("events", range(1, 60, 4))
def test_a_killed_driver_leaves_them_waiting_and_the_next_one_promotes_as_it_would_have(
    events: int,
) -> None:
    undisturbed = Tune(World(plan(), by_lr, slots=1))
    assert undisturbed.go()
    tune = Tune(World(plan(), by_lr, slots=1))
    tune.go(events=events)
    tune = tune.kill()
    assert tune.go()
    assert tune.searcher.finished
    assert tune.world.epochs == undisturbed.world.epochs
    assert study_states(tune.study) == study_states(undisturbed.study)
    reasons = [trial.user_attrs.get(ENDED_EARLY) for trial in tune.study.trials]
    assert reasons == [trial.user_attrs.get(ENDED_EARLY) for trial in undisturbed.study.trials]


def test_in_a_search_that_was_halted_they_stay_open_for_the_next_driver() -> None:
    tune = Tune(World(plan(), by_lr, slots=1))
    assert not tune.go(events=12)
    tune.searcher.halted = "the disk is full"
    assert tune.go()
    assert tune.searcher.stuck
    assert TrialState.RUNNING in study_states(tune.study)
    assert TrialState.PRUNED not in study_states(tune.study)
    tune = tune.kill()
    assert tune.go()
    assert tune.searcher.finished and not tune.searcher.stuck
    assert study_states(tune.study)[2] == TrialState.COMPLETE


class Watching(RandomSampler):
    """Notes what it could learn from."""

    def __init__(self) -> None:
        super().__init__(seed=0)
        self.seen = list[list[TrialState]]()

    def sample_independent(self, study: Study, *about: Any) -> Any:
        self.seen.append([trial.state for trial in study.get_trials(deepcopy=False)])
        return super().sample_independent(study, *about)


def test_the_sampler_learns_from_those_that_wait_and_nobody_else_takes_them_for_ended() -> None:
    storage, watching = Shown(), Watching()
    search = {"lr": {"float": [0.001, 0.01]}}
    tune = Tune(World(plan(search=search, sampler="random", trials=9, seeds=[0]), by_lr, slots=1))
    tune.go(events=9)
    assert isinstance(tune.study.sampler, Informed)
    paused = tune.study.sampler.paused()
    states = study_states(tune.study)
    assert len(paused) >= 2 and {states[number] for number in paused} == {TrialState.RUNNING}

    study = create_study(storage=storage, sampler=Informed(watching, storage))
    for trial in tune.study.get_trials():
        study.add_trial(trial)
    assert isinstance(study.sampler, Informed)
    study.sampler.paused = lambda: paused
    study.ask().suggest_float("lr", 0.001, 0.01)
    learned = [n for n, state in enumerate(watching.seen[0]) if state == TrialState.PRUNED]
    assert learned == sorted(paused)
    assert [trial.state for trial in study.get_trials()][:-1] == states
