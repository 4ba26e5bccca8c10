"""Several metrics and limits: who goes on at a rung, who may lead, what the sampler is told."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import TrialState

from snn.config import TrialConfig
from sweep.errors import SpecError
from sweep.methods.schedulers.base import Point
from sweep.methods.schedulers.rules.ranking import Ranking, crowding
from sweep.search.identity import BREAKS, ENDED_EARLY
from sweep.search.study import leaders, unmet
from sweep.spec.parsing import parse_sweep
from sweep.spec.specification import Specification
from tests.sweep_tests.search.bench import LR, Bench, done
from tests.sweep_tests.search.test_replicates import EPOCHS, check_whole
from tests.sweep_tests.search.tune import Tune, World, study_states

PARETO = {"val_accuracy": "max", "synops_per_inference": "min"}


def plan(**changes: Any) -> Specification:
    common: dict[str, Any] = {
        "name": "s",
        "base": {"dataset": "digits", "epochs": EPOCHS},
        "search": {"hidden": {"int": [1, 100]}},
        "scheduler": {"name": "asha", "grace": 2, "reduction": 2},
        "trials": 12,
        "seeds": [0, 1],
        "constraints": {"synops_per_inference": "<= 5000"},
    }
    return parse_sweep(common | changes)


def costly(config: TrialConfig, epoch: int) -> dict[str, float]:
    """A larger network is better, and takes 100 operations for each neuron."""
    noise = random.Random(config.config_id).gauss(0, 0.02)
    size = config.hidden[0]
    return {"val_accuracy": size / 200 + epoch / 50 + noise, "synops_per_inference": 100.0 * size}


def of(config: Any) -> Any:
    return config.params["hidden"]


@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "gp", "random"])
@pytest.mark.parametrize("scheduler", ["asha", "race"])
def test_no_leader_breaks_a_limit_and_the_sampler_knows_who_does(
    sampler: str, scheduler: str
) -> None:
    rule = {"name": scheduler, "grace": 2, "reduction": 2}
    sweep = plan(sampler=sampler, scheduler=rule)
    tune = Tune(World(sweep, costly))
    assert not tune.go(events=60)
    tune = tune.kill()
    assert tune.go()
    check_whole(tune)
    leading = leaders(tune.study, sweep.directions)
    assert leading and all(leader["hidden"] <= 50 for leader in leading)
    assert unmet(tune.study, sweep) == ""
    for trial in tune.study.get_trials(states=[TrialState.COMPLETE, TrialState.PRUNED]):
        assert trial.constraints == {"synops_per_inference": 100 * of(trial) - 5000}
        too_much = of(trial) > 50 and trial.state == TrialState.COMPLETE
        assert (BREAKS in trial.user_attrs) == too_much
        if too_much:
            seeds = {sweep.config({"hidden": of(trial)}, seed).config_id for seed in (0, 1)}
            assert seeds <= {key for key, why in tune.dropped if "breaks a limit" in why}


def test_a_search_in_which_nothing_keeps_the_limits_says_so() -> None:
    sweep = plan(search={"hidden": [60, 80]}, sampler="grid", trials=None, scheduler="none")
    tune = Tune(World(sweep, costly))
    assert tune.go()
    assert leaders(tune.study, sweep.directions) == []
    assert unmet(tune.study, sweep) == (
        "no configuration keeps synops_per_inference <= 5000, so there are no leaders; "
        "the nearest breaks a limit: synops_per_inference is 6000"
    )


def test_with_several_metrics_what_nobody_beats_in_all_of_them_goes_on() -> None:
    sizes = [100, 10, 55, 54]
    sweep = plan(
        search={"hidden": sizes}, sampler="grid", trials=None, metric=PARETO, constraints={}
    )

    def two_worse(config: TrialConfig, epoch: int) -> dict[str, float]:
        wasteful = 5000.0 if config.hidden[0] in (55, 54) else 0.0
        found = {k: v for k, v in costly(config, epoch).items()}
        return {
            "val_accuracy": round(found["val_accuracy"], 1) - wasteful / 1e4,
            "synops_per_inference": found["synops_per_inference"] + wasteful,
        }

    tune = Tune(World(sweep, two_worse, slots=1))
    assert tune.go()
    done = TrialState.COMPLETE
    assert study_states(tune.study) == [done, done, TrialState.PRUNED, TrialState.PRUNED]
    assert "synops_per_inference" in tune.study.trials[2].user_attrs[ENDED_EARLY]


points = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from([0.0, 0.0, 1.0])), max_size=12
)


@given(points, st.tuples(st.integers(0, 4), st.integers(0, 4)))
@settings(max_examples=100, deadline=None)
def test_what_dominates_comes_before_and_what_is_dominated_after(
    others: list[tuple[int, int, float]], mine: tuple[int, int]
) -> None:
    me = Point((float(mine[0]), float(mine[1])))
    rivals = [Point((float(a), float(b)), v) for a, b, v in others]
    kept = [r.gains for r in rivals if not r.violation]
    better = sum(np.all(np.array(g) >= me.gains) and g != me.gains for g in kept)
    worse = sum(np.all(np.array(g) <= me.gains) and g != me.gains for g in kept)
    ranking = Ranking()
    assert not ranking.is_worse(me, 3)
    for rival in rivals:
        ranking.add(rival)
    assert better <= ranking.ahead(me) <= len(kept) - worse
    assert ranking.ahead(Point(me.gains, 2.0)) == len(ranking) == len(rivals)


@pytest.mark.parametrize(
    ("constraints", "told"),
    [
        ({"synops_per_inference": "5000"}, "constraints.synops_per_inference: needs a limit"),
        ({"test_accuracy": ">= 0.9"}, "constraints.'test_accuracy': cannot be limited"),
        ({"val_loss": "< 1"}, "constraints.val_loss: needs a limit such as '<= 5000'"),
    ],
)
def test_a_limit_that_is_none_is_refused(constraints: dict[str, str], told: str) -> None:
    with pytest.raises(SpecError, match=told):
        plan(constraints=constraints)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30))
@settings(max_examples=100, deadline=None)
def test_the_place_of_one_that_comes_is_that_of_a_sort_by_rank_and_crowding(
    drawn: list[tuple[int, int]],
) -> None:
    *others, mine = [np.array(pair, dtype=float) for pair in drawn]
    ranking = Ranking()
    for other in others:
        ranking.add(Point(tuple(other)))

    def dominates(one: Any, other: Any) -> bool:
        return bool((one >= other).all() and (one > other).any())

    left, before = [*others, mine], 0
    while True:
        front = [p for p in left if not any(dominates(other, p) for other in left)]
        if any(p is mine for p in front):
            break
        left = [p for p in left if not any(p is kept for kept in front)]
        before += len(front)
    front = [p for p in front if p is not mine] + [mine]
    distances = crowding(np.array(front))
    assert ranking.ahead(Point(tuple(mine))) == before + int((distances > distances[-1]).sum())


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30, unique=True),
    st.integers(0, 12),
    st.integers(1, 2),
)
@settings(max_examples=100, deadline=None)
def test_the_first_ones_are_as_many_as_asked_for_and_nobody_else_is_better(
    drawn: list[tuple[int, int]], count: int, metrics: int
) -> None:
    points = [Point(tuple(map(float, gains[:metrics])), 0.0) for gains in drawn]
    points[0] = Point(points[0].gains, 1.0)  # it breaks a limit
    ranking = Ranking()
    for point in points:
        ranking.add(point)
    first = ranking.first(points, count)
    if metrics == 2:  # then no two of them are equal
        assert len(first) == min(count, len(points))
    assert (points[0] in first) == (count >= len(points))
    for other in (point for point in points if point not in first):
        for one in (point for point in first if not point.violation):
            assert other.violation or not (
                np.all(np.array(other.gains) >= one.gains) and other.gains != one.gains
            )


@pytest.mark.usefixtures("patient")
def test_by_how_much_a_limit_is_broken_is_kept_for_the_next_driver(tmp_path: Path) -> None:
    limits = {"synops_per_inference": "<= 900", "val_accuracy": ">= 0.5"}
    bench = Bench(tmp_path, search=LR, trials=2, constraints=limits)
    searcher = bench.searcher()
    searcher.suggest("a")
    searcher.on_trial_complete("a", done(1, 0.8, best=0.8))
    (kept,) = bench.study.trials
    told = {"synops_per_inference": 100.0, "val_accuracy": pytest.approx(-0.3)}
    assert kept.constraints == told
    assert bench.searcher().study.trials[0].constraints == told
