"""A configuration is trained once: in a sweep, in another one, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from optuna.trial import TrialState
from ray.tune.search import Searcher

from analysis.records import State
from snn.config import TrialConfig
from sweep.trial.outcome import Outcome
from tests.sweep_tests.search.bench import LR, Bench, done

pytestmark = pytest.mark.usefixtures("patient")


def test_a_grid_is_run_in_order_and_once(tmp_path: Path) -> None:
    search = {"dynamics": ["lif", "alif"], "hidden": [16, [8, 8]]}
    bench = Bench(tmp_path, search=search, sampler="grid")
    searcher = bench.searcher()
    seen = []
    while isinstance(suggested := searcher.suggest(f"t{len(seen)}"), dict):
        seen.append((suggested["trial"]["dynamics"], suggested["trial"]["hidden"]))
        searcher.on_trial_complete(f"t{len(seen) - 1}", done(1, 0.5, best=0.5))
    assert seen == [("lif", 16), ("lif", [8, 8]), ("alif", 16), ("alif", [8, 8])]


def test_the_same_configuration_is_not_paid_for_twice_in_a_sweep(tmp_path: Path) -> None:
    # lif has no beta: the grid's two points for it are the same run
    search = {"dynamics": ["lif", "alif"], "learn_beta": [False, True]}
    bench = Bench(tmp_path, search=search, sampler="grid")
    searcher = bench.searcher()
    ran = []
    while isinstance(suggested := searcher.suggest(f"t{len(ran)}"), dict):
        ran.append(suggested["config_id"])
        searcher.on_trial_complete(f"t{len(ran) - 1}", done(1, 0.5, best=0.5))
    assert len(ran) == len(set(ran)) == 3
    assert [trial.state for trial in bench.study.trials] == [TrialState.COMPLETE] * 4
    assert len(bench.reused) == 1


def test_the_same_configuration_at_the_same_time_is_run_once(tmp_path: Path) -> None:
    search = {"learn_beta": [False, True]}
    bench = Bench(tmp_path, base={"dynamics": "lif"}, search=search, sampler="grid", trials=None)
    searcher = bench.searcher()
    assert isinstance(searcher.suggest("a"), dict)
    assert searcher.suggest("b") == Searcher.FINISHED
    searcher.on_trial_complete("a", done(1, 0.5, best=0.5))
    assert [trial.value for trial in bench.study.trials] == [0.5, 0.5]


def test_what_another_sweep_ran_is_answered_from_its_record(tmp_path: Path) -> None:
    bench = Bench(tmp_path, search=LR, trials=3)
    record = Outcome(State.DONE, {"best_val_accuracy": 0.9}, reused_from="run-1")
    searcher = bench.searcher(lambda _: record)
    assert searcher.suggest("a") == Searcher.FINISHED
    assert [trial.value for trial in bench.study.trials] == [0.9] * 3
    assert len(bench.reused) == 3


def test_a_trial_is_handed_out_whole_with_the_backend_that_computes_it(tmp_path: Path) -> None:
    base = {"dataset": "digits", "backend": "reference"}
    bench = Bench(tmp_path, base=base, search={"lr": [0.01]}, trials=1)
    suggested = bench.searcher().suggest("a")
    assert suggested is not None
    config = TrialConfig.parse(suggested["trial"])
    assert config == bench.sweep.config({"lr": 0.01}, seed=0)
    assert config.backend == "reference"


def test_a_long_grid_that_was_run_before_is_answered_to_its_end(tmp_path: Path) -> None:
    search = {"batch_size": {"int": [1, 130]}}
    bench = Bench(tmp_path, search=search, sampler="grid")
    record = Outcome(State.DONE, {"best_val_accuracy": 0.9}, reused_from="run-1")
    assert bench.searcher(lambda _: record).suggest("a") == Searcher.FINISHED
    assert len(bench.reused) == 130


def test_a_sampler_that_only_repeats_itself_does_not_go_on_for_ever(tmp_path: Path) -> None:
    # all points are the same run: an mlp has no membrane
    search = {"tau_mem": {"float": [1, 9]}}
    bench = Bench(tmp_path, base={"dynamics": "mlp"}, search=search, trials=1000, sampler="random")
    searcher = bench.searcher()
    assert isinstance(searcher.suggest("a"), dict)
    searcher.on_trial_complete("a", done(1, 0.5, best=0.5))
    assert searcher.suggest("b") == Searcher.FINISHED
    assert searcher.exhausted
    assert len(bench.study.trials) < 150


def test_a_space_that_is_used_up_ends_the_sweep(tmp_path: Path) -> None:
    bench = Bench(tmp_path, search={"dynamics": ["lif"], "learn_beta": [False, True]}, trials=2)
    searcher = bench.searcher()
    assert isinstance(searcher.suggest("a"), dict)
    searcher.on_trial_complete("a", done(1, 0.5, best=0.5))
    assert searcher.suggest("b") == Searcher.FINISHED


def test_a_replicate_that_is_reused_counts_with_its_epochs(tmp_path: Path) -> None:
    bench = Bench(tmp_path, search=LR, trials=1, seeds=[0, 1])
    known = Outcome(State.DONE, {"best_val_accuracy": 0.2}, reused_from="somewhere")
    searcher = bench.searcher(
        lookup=lambda config: known if config.seed == 0 else None,
        history=lambda config: {1: {"val_accuracy": 0.2}},
    )
    searcher.suggest("a")
    searcher.on_trial_complete("a", done(1, 0.4, best=0.4))
    (trial,) = bench.study.trials
    assert trial.intermediate_values == pytest.approx({1: 0.3})
