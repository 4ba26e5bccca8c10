"""What a driver left unfinished, the next one goes on with."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from optuna.trial import TrialState
from ray.tune.search import Searcher

from analysis.records import State
from snn.config import TrialConfig
from sweep.trial.failures import Cause
from sweep.trial.outcome import EARLIER, OUTCOME, REASON
from tests.sweep_tests.search.bench import LR, Bench, done, report

pytestmark = pytest.mark.usefixtures("patient")


def test_a_new_driver_hands_out_again_what_a_killed_one_left_running(tmp_path: Path) -> None:
    bench = Bench(tmp_path, search=LR, trials=4, seeds=[0, 1])
    killed = bench.searcher()
    first = [killed.suggest(name) for name in "abcd"]
    killed.on_trial_complete("a", done(1, 0.5, best=0.5))
    bench.study.ask()  # the driver died while asking for one more

    resumed = bench.searcher()
    assert [config.seed for config, _ in resumed.resumed] == [0]
    second = []
    while isinstance(suggested := resumed.suggest(f"t{len(second)}"), dict):
        second.append(suggested)
        resumed.on_trial_complete(f"t{len(second) - 1}", done(1, 0.6, best=0.6))
    assert second[:3] == first[1:]
    assert len(second) == 7
    states = [trial.state for trial in bench.study.trials]
    assert states.count(TrialState.COMPLETE) == 4
    assert states.count(TrialState.RUNNING) == 0


def test_epochs_that_no_driver_saw_reach_the_study_with_the_resumed_trial(tmp_path: Path) -> None:
    bench = Bench(tmp_path, search=LR, trials=1)
    killed = bench.searcher()
    killed.suggest("a")
    killed.on_trial_result("a", report(1, 0.1))
    resumed = bench.searcher()
    resumed.suggest("b")
    earlier = [{"val_accuracy": value} for value in (0.1, 0.2, 0.3)]
    resumed.on_trial_result("b", report(4, 0.4) | {EARLIER: earlier})
    resumed.on_trial_complete("b", done(5, 0.5, best=0.5))
    (trial,) = bench.study.trials
    assert trial.intermediate_values == {1: 0.1, 2: 0.2, 3: 0.3, 4: 0.4, 5: 0.5}


def test_epochs_of_a_replicate_that_had_ended_count_for_the_next_driver(tmp_path: Path) -> None:
    bench = Bench(tmp_path, search=LR, trials=1, seeds=[0, 1])
    killed = bench.searcher()
    ended = TrialConfig.parse(killed.suggest("a")["trial"])  # type: ignore[index]
    killed.on_trial_result("a", report(1, 0.2))
    killed.on_trial_complete("a", done(2, 0.4, best=0.4))
    of = {ended.config_id: {1: {"val_accuracy": 0.2}, 2: {"val_accuracy": 0.4}}}
    resumed = bench.searcher(history=lambda config: of[config.config_id])
    resumed.suggest("b")
    resumed.on_trial_result("b", report(1, 0.4))
    resumed.on_trial_complete("b", done(2, 0.8, best=0.8))
    (trial,) = bench.study.trials
    assert trial.intermediate_values == pytest.approx({1: 0.3, 2: 0.6})


def test_a_trial_that_the_world_stopped_stays_open_and_no_more_are_handed_out(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, search=LR, trials=4)
    searcher = bench.searcher()
    suggested = searcher.suggest("a")
    end = {OUTCOME: State.INTERRUPTED, REASON: "No space left on device", "val_accuracy": math.nan}
    searcher.on_trial_complete("a", end)
    assert searcher.suggest("b") == Searcher.FINISHED
    assert searcher.halted == "No space left on device"
    assert not searcher.exhausted
    assert bench.searcher().suggest("c") == suggested


def test_a_trial_that_is_ended_before_it_ran_is_handed_out_again(tmp_path: Path) -> None:
    searcher = Bench(tmp_path, search=LR, trials=1).searcher()
    suggested = searcher.suggest("a")
    searcher.on_trial_complete("a")
    assert searcher.suggest("b") == suggested
    searcher.on_trial_complete("b", done(1, 0.8, best=0.8))
    assert searcher.suggest("c") == Searcher.FINISHED


def test_a_trial_that_memory_killed_is_handed_out_again_and_one_that_failed_is_not(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, search=LR, trials=1)
    searcher = bench.searcher()
    causes = [Cause("low on memory", memory=True), Cause("this trial alone takes more memory")]
    searcher.why = lambda _: causes.pop(0)
    suggested = searcher.suggest("a")
    searcher.on_trial_complete("a", error=True)
    assert searcher.suggest("b") == suggested
    searcher.on_trial_complete("b", error=True)
    assert searcher.suggest("c") == Searcher.FINISHED
    (trial,) = bench.study.trials
    assert trial.state == TrialState.FAIL
    assert "this trial alone takes more memory" in str(trial.user_attrs)


def test_a_worker_that_lacks_a_module_halts_the_sweep_and_fails_no_trial(tmp_path: Path) -> None:
    bench = Bench(tmp_path, search=LR, trials=3)
    searcher = bench.searcher()
    searcher.why = lambda _: Cause("ImportError: no numba", starting=True, environment=True)
    suggested = searcher.suggest("a")
    searcher.on_trial_complete("a", error=True)
    assert searcher.suggest("b") == Searcher.FINISHED
    assert searcher.halted == "ImportError: no numba"
    assert bench.searcher().suggest("c") == suggested
