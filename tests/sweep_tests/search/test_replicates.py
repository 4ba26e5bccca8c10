"""A configuration is judged by the mean of its seeds, and ends whole, in any order of events."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import TrialState
from ray.tune.experiment import Trial
from ray.tune.schedulers import TrialScheduler

from analysis.data.groups import group_runs
from analysis.data.runs import tidy
from analysis.records import State
from snn.config import TrialConfig
from sweep.search.identity import ENDED_EARLY
from sweep.spec.parsing import parse_sweep
from sweep.spec.specification import Specification
from sweep.trial.outcome import EPOCH, Outcome
from tests.sweep_tests.search.tune import Tune, World, study_states

EPOCHS = 9
LATE = 0.009  # it gets good in its last epoch


def plan(**changes: Any) -> Specification:
    common: dict[str, Any] = {
        "name": "s",
        "base": {"dataset": "digits", "epochs": EPOCHS},
        "search": {"lr": {"loguniform": [1e-4, 1e-2]}},
        "sampler": "random",
        "scheduler": {"name": "asha", "grace": 2, "reduction": 2},
        "trials": 8,
        "seeds": [0, 1, 2],
    }
    return parse_sweep(common | changes)


def by_lr(config: TrialConfig, epoch: int) -> dict[str, float]:
    """The higher the learning rate the better; seed 0 is lucky with the lowest ones."""
    luck = 0.5 if config.seed == 0 and config.lr < 1e-3 else 0.0
    return {"val_accuracy": 30 * config.lr + luck + epoch / 100, "val_loss": 1.0}


def steady(config: TrialConfig, epoch: int) -> dict[str, float]:
    if config.lr == LATE and epoch == EPOCHS:
        return {"val_accuracy": 0.9 + config.seed / 100}
    return {"val_accuracy": 30 * config.lr + (config.seed + epoch) / 100}


def noisy(salt: int) -> Any:
    def curve(config: TrialConfig, epoch: int) -> dict[str, float]:
        drawn = random.Random(f"{salt} {config.config_id}")
        level, speed = 30 * config.lr + drawn.gauss(0, 0.1), drawn.uniform(0.5, 1)
        return {"val_accuracy": level * (1 - speed**epoch), "val_loss": 1.0}

    return curve


def outcomes(tune: Tune, number: int) -> dict[int, str]:
    """The states of the seeds of a configuration, as the study has them."""
    attributes = tune.study.trials[number].user_attrs
    found = {k: json.loads(v) for k, v in attributes.items() if k.startswith("outcome:")}
    return {int(key.split(":")[1]): record["state"] for key, record in found.items()}


def check_whole(tune: Tune) -> None:
    """The study has every configuration with one end, and those that lead with all their seeds."""
    seeds = set(tune.world.sweep.seeds)
    for number, trial in enumerate(tune.study.get_trials(deepcopy=False)):
        if trial.state == TrialState.WAITING:
            continue
        states = outcomes(tune, number)
        if trial.state == TrialState.COMPLETE:
            assert set(states) == seeds and set(states.values()) == {State.DONE}
            assert ENDED_EARLY not in trial.user_attrs
        elif trial.state == TrialState.PRUNED:
            assert trial.user_attrs[ENDED_EARLY]
            assert State.FAILED not in states.values()
        else:
            assert trial.state == TrialState.FAIL and State.FAILED in states.values()


def test_a_configuration_is_judged_by_the_mean_of_its_seeds_and_not_by_a_lucky_one() -> None:
    tune = Tune(World(plan(search={"lr": [0.009, 0.0001]}, sampler="grid", trials=None), by_lr))
    assert tune.go()
    assert study_states(tune.study) == [TrialState.COMPLETE, TrialState.PRUNED]
    assert tune.study.trials[1].user_attrs[ENDED_EARLY] == (
        "epoch 2: val_accuracy 0.1897 is not in the best half of the 2 judged so far "
        "(mean of 3 seeds)"
    )
    assert outcomes(tune, 1) == dict.fromkeys((0, 1, 2), State.PRUNED)
    assert tune.study.trials[1].intermediate_values.keys() == {1, 2}


@pytest.mark.parametrize("slots", [1, 2])
def test_with_fewer_places_than_seeds_a_seed_waits_at_its_rung_for_the_others(slots: int) -> None:
    search = {"lr": [0.009, 0.0001, 0.0002]}
    world = World(plan(search=search, sampler="grid", trials=None), by_lr, slots=slots)
    tune = Tune(world)
    assert tune.go()
    assert study_states(tune.study) == [TrialState.COMPLETE, *[TrialState.PRUNED] * 2]
    lowest = [epochs for key, epochs in world.epochs.items() if epochs < EPOCHS]
    assert len(lowest) == 6 and max(lowest) <= 3  # one may be an epoch ahead of the others
    assert world.trained <= 3 * EPOCHS + 6 * 2 + 2


def test_the_place_of_a_seed_that_waits_is_given_away_once_its_process_is_free() -> None:
    tune = Tune(World(plan(), by_lr, slots=1))
    tune.go(events=1)
    (first,) = tune.running
    result = {**by_lr(tune.handed[0], 2), EPOCH: 2}
    assert tune.scheduler.on_trial_result(tune, first, result) == TrialScheduler.PAUSE
    assert tune.searcher.suggest("while it is being saved") is None
    first.set_status(Trial.PAUSED)
    assert tune.searcher.suggest("afterwards")


def test_a_seed_that_failed_is_not_waited_for() -> None:
    sweep = plan(search={"lr": [0.009, 0.005]}, sampler="grid", trials=None)
    config = sweep.config({"lr": 0.009}, 1)
    tune = Tune(World(sweep, by_lr, slots=1, diverging={config.config_id: 1}))
    assert tune.go()
    assert study_states(tune.study) == [TrialState.FAIL, TrialState.PRUNED]
    assert outcomes(tune, 0) == {0: State.DONE, 1: State.FAILED, 2: State.DONE}


def test_seeds_of_other_sweeps_count_with_their_epochs_and_are_marked_when_it_is_ended() -> None:
    sweep = plan(search={"lr": [0.009, 0.0002]}, sampler="grid", trials=None)
    known = sweep.config({"lr": 0.0002}, 2)

    def earlier(config: TrialConfig) -> Outcome | None:
        found = {"best_val_accuracy": 0.1}
        return Outcome(State.DONE, found, reused_from="run") if config == known else None

    tune = Tune(World(sweep, by_lr, slots=1, earlier=earlier))
    assert tune.go()
    assert study_states(tune.study) == [TrialState.COMPLETE, TrialState.PRUNED]
    assert outcomes(tune, 1) == {0: State.PRUNED, 1: State.PRUNED, 2: State.DONE}
    assert [key for key, _ in tune.dropped] == [known.config_id]


@pytest.mark.parametrize(
    ("rate", "what"), [(0.0, "has no spikes"), (0.97, "spikes at 97% of the steps")]
)
def test_a_network_that_never_or_always_spikes_ends_after_its_first_epoch(
    rate: float, what: str
) -> None:
    def curve(config: TrialConfig, epoch: int) -> dict[str, Any]:
        return steady(config, epoch) | {"rates": [0.1, rate if config.seed == 1 else 0.2]}

    tune = Tune(World(plan(trials=1), curve, slots=3))
    assert tune.go(lambda running: running - 1)
    (trial,) = tune.study.trials
    assert trial.user_attrs[ENDED_EARLY] == f"epoch 1: hidden layer 2 {what}"
    assert outcomes(tune, 0) == dict.fromkeys((0, 1, 2), State.PRUNED)
    assert max(tune.world.epochs.values()) <= 2
    for kept in ({"stop": {"silent": False}}, {"scheduler": "none"}):
        tune = Tune(World(plan(trials=1, **kept), curve, slots=3))
        assert tune.go()
        assert study_states(tune.study) == [TrialState.COMPLETE]


def test_those_that_wait_go_on_alone_when_no_more_seeds_are_handed_out() -> None:
    tune = Tune(World(plan(trials=2), by_lr, slots=1))
    assert not tune.go(events=2)
    tune.searcher.halted = "the disk is full"
    assert tune.go()
    assert Counter(tune.world.epochs.values()) == {EPOCHS: 1}


def test_a_race_gives_further_seeds_only_to_what_survives() -> None:
    lrs = [LATE, 0.0095, 0.0002, 0.007, 0.0001, 0.0003, 0.002]
    race = {"name": "race", "grace": 2, "reduction": 3}
    sweep = plan(search={"lr": lrs}, sampler="grid", trials=None, scheduler=race)
    tune = Tune(World(sweep, steady, slots=2))
    assert tune.go()
    check_whole(tune)
    complete = [t for t in tune.study.trials if t.state == TrialState.COMPLETE]
    begun = Counter(config.lr for config in tune.handed)
    assert begun[LATE] == 3 and sum(begun.values()) == 9
    assert [trial.params["lr"] for trial in complete] == [LATE]
    assert tune.study.trials[1].user_attrs[ENDED_EARLY] == (
        "1 of 3 seeds: val_accuracy 0.375 is not in the best third of the 2 judged so far"
    )
    assert len(tune.dropped) == 6 * 2 + 1  # its seed that was done is marked


@given(
    salt=st.integers(0, 10**6),
    slots=st.integers(1, 5),
    scheduler=st.sampled_from(["asha", "promote", "race", "hyperband", "none"]),
    each=st.booleans(),
    kills=st.lists(st.integers(1, 60), max_size=2),
)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_in_every_order_of_events_all_ends_whole_and_what_leads_has_all_its_seeds(
    salt: int, slots: int, scheduler: str, each: bool, kills: list[int]
) -> None:
    drawn = random.Random(salt)
    keys = {"grace": 2, "reduction": 2} if scheduler in ("asha", "promote", "race") else {}
    search = {"lr": {"loguniform": [1e-4, 1e-2]}, "hidden": [4, 8]}
    sweep = plan(
        scheduler={"name": scheduler, **keys}, search=search, each=["hidden"] if each else []
    )
    world = World(sweep, noisy(salt), slots=slots)
    tune = Tune(world)

    def pick(running: int) -> int:
        if drawn.random() < 0.05:
            trial = tune.running[drawn.randrange(running)]
            config = TrialConfig.parse(trial.config["trial"])
            world.diverging[config.config_id] = world.epochs.get(config.config_id, 0)
        return drawn.randrange(running)

    for events in kills:
        tune.go(pick, events)
        tune = tune.kill()
    assert tune.go(pick, 5000)
    assert tune.searcher.finished
    check_whole(tune)
    states = study_states(tune.study)
    assert len(states) == 8 and TrialState.RUNNING not in states
    assert max(world.epochs.values()) <= EPOCHS


@pytest.mark.parametrize("scheduler", ["asha", "promote", "race"])
def test_tables_name_the_best_of_the_study_and_rank_nothing_pruned_above_it(scheduler: str) -> None:
    for salt in range(5):
        rule = {"name": scheduler, "grace": 2, "reduction": 2}
        tune = Tune(World(plan(scheduler=rule), noisy(salt), slots=3))
        assert tune.go(random.Random(salt).randrange)
        groups = group_runs(tidy(tune.records()), [])
        best = tune.study.best_trial
        assert groups["n"].iloc[0] == 3
        assert groups.index[0] == tune.world.sweep.config(best.params, 0).group_id
        assert groups["best_val_accuracy_mean"].iloc[0] == pytest.approx(best.value)
        assert set(groups["n"]) == {3}
