"""The searcher against a real Optuna study, driven as Ray Tune drives it."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState
from ray.tune.search import Searcher

from analysis.records import State
from sweep.methods.samplers import SAMPLERS
from sweep.trial.outcome import OUTCOME, REASON
from tests.sweep_tests.search.bench import LR, Bench, done, report

pytestmark = pytest.mark.usefixtures("patient")


def test_a_trial_that_ends_well_is_complete_at_its_best_epoch(tmp_path: Path) -> None:
    bench = Bench(tmp_path, search=LR, trials=1)
    searcher = bench.searcher()
    assert searcher.suggest("a")
    searcher.on_trial_result("a", report(1, 0.8))
    searcher.on_trial_complete("a", done(2, 0.7, best=0.8))
    (trial,) = bench.study.trials
    assert (trial.state, trial.value) == (TrialState.COMPLETE, 0.8)
    assert trial.intermediate_values == {1: 0.8, 2: 0.7}
    assert searcher.suggest("b") == Searcher.FINISHED
    assert searcher.exhausted


def test_a_trial_that_the_scheduler_stopped_is_pruned_with_all_its_reports(tmp_path: Path) -> None:
    bench = Bench(tmp_path, search=LR, trials=1)
    searcher = bench.searcher()
    searcher.suggest("a")
    searcher.on_trial_result("a", report(1, 0.2))
    searcher.on_trial_complete("a", report(2, 0.3))
    (trial,) = bench.study.trials
    assert trial.state == TrialState.PRUNED
    assert trial.intermediate_values == {1: 0.2, 2: 0.3}


KINDS = {
    "dynamics": ["lif", "alif"],
    "learn_beta": {"choice": [False, True], "when": {"dynamics": "alif"}},
    "hidden": [8, [4, 4]],
}


@pytest.mark.parametrize("sampler", ["tpe", "random", "nsga2", "gp"])
def test_every_kind_has_its_share_of_the_trials_also_after_a_resume(
    tmp_path: Path, sampler: str
) -> None:
    each = ["dynamics", "learn_beta", "hidden"]
    bench = Bench(tmp_path, search=KINDS | LR, each=each, trials=14, sampler=sampler)
    kinds = []
    for driver in range(2):
        searcher = bench.searcher()
        for number in range(7):
            name = f"{driver}-{number}"
            config = searcher.suggest(name)["trial"]  # type: ignore[index]
            kind = config["dynamics"], config.get("learn_beta"), str(config["hidden"])
            kinds.append(kind if kind[0] == "alif" else ("lif", None, kind[2]))
            searcher.on_trial_complete(name, done(1, 0.9, best=0.9 if kind[0] == "lif" else 0.5))
        assert not bench.study.get_trials(states=[TrialState.WAITING, TrialState.RUNNING])
    counts = Counter(kinds)
    assert len(counts) == 6 and set(counts.values()) == {2, 3}


def test_a_grid_has_every_kind_and_each_of_its_points_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path, search=KINDS, each=["hidden"], sampler="grid")
    searcher = bench.searcher()
    points = [str(searcher.suggest(str(number))) for number in range(6)]
    assert len(set(points)) == 6
    assert searcher.suggest("7") == Searcher.FINISHED


@pytest.mark.parametrize(
    "end",
    [
        {"result": None, "error": True},
        {"result": {OUTCOME: State.FAILED, REASON: "the loss is nan", "val_accuracy": math.nan}},
    ],
)
def test_a_failed_or_diverged_trial_is_failed(tmp_path: Path, end: dict[str, Any]) -> None:
    bench = Bench(tmp_path, search=LR, trials=1)
    searcher = bench.searcher()
    searcher.suggest("a")
    searcher.on_trial_complete("a", **end)
    assert [trial.state for trial in bench.study.trials] == [TrialState.FAIL]


def test_in_a_pareto_sweep_a_pruned_trial_is_no_candidate_for_the_front(tmp_path: Path) -> None:
    metric = {"val_accuracy": "max", "synops_per_inference": "min"}
    bench = Bench(tmp_path, search=LR, trials=2, metric=metric)
    searcher = bench.searcher()
    searcher.suggest("a")
    searcher.suggest("b")
    searcher.on_trial_complete("a", report(1, 0.99))
    searcher.on_trial_complete("b", done(2, 0.9, best=0.9))
    front = bench.study.best_trials
    assert [(trial.number, trial.values) for trial in front] == [(1, [0.9, 1000.0])]


def test_replicates_make_one_optuna_trial_with_the_mean(tmp_path: Path) -> None:
    bench = Bench(tmp_path, search=LR, trials=1, seeds=[3, 5])
    searcher = bench.searcher()
    configs = [searcher.suggest(name)["trial"] for name in "ab"]  # type: ignore[index]
    assert [config["seed"] for config in configs] == [3, 5]
    assert configs[0]["lr"] == configs[1]["lr"]
    searcher.on_trial_complete("a", done(1, 0.6, best=0.6))
    assert searcher.study.trials[0].state == TrialState.RUNNING
    searcher.on_trial_complete("b", done(1, 0.8, best=0.8))
    (trial,) = bench.study.trials
    assert trial.value == pytest.approx(0.7)
    assert trial.intermediate_values == {1: pytest.approx(0.7)}


def test_nothing_is_asked_for_before_there_is_room(tmp_path: Path) -> None:
    searcher = Bench(tmp_path, search=LR, trials=5).searcher(slots=2)
    assert searcher.suggest("a") and searcher.suggest("b")
    assert searcher.suggest("c") is None
    searcher.on_trial_complete("a", done(1, 0.5, best=0.5))
    assert searcher.suggest("c")


@pytest.mark.parametrize("sampler", [s.name for s in SAMPLERS.values() if not s.every_point])
def test_every_sampler_searches(tmp_path: Path, sampler: str) -> None:
    search = LR | {"beta": {"float": [0.0, 1.0]}}
    searcher = Bench(tmp_path, search=search, trials=12, sampler=sampler).searcher()
    for n in range(12):
        suggested = searcher.suggest(f"t{n}")
        assert isinstance(suggested, dict)
        searcher.on_trial_complete(f"t{n}", done(1, 0.5 + n / 100, best=0.5 + n / 100))
    assert searcher.suggest("more") == Searcher.FINISHED


def test_what_is_reported_after_the_end_changes_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path, search=LR, trials=1)
    searcher = bench.searcher()
    searcher.suggest("a")
    searcher.on_trial_complete("a", done(1, 0.8, best=0.8))
    searcher.on_trial_result("a", report(2, 0.1))
    searcher.on_trial_complete("a", error=True)
    searcher.on_trial_complete("never handed out")
    (trial,) = bench.study.trials
    assert (trial.state, trial.value) == (TrialState.COMPLETE, 0.8)
    assert trial.intermediate_values == {1: 0.8}
