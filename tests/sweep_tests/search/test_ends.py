"""The rules that end a search before its plan is done."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from optuna.trial import TrialState
from ray.tune.search import Searcher

from sweep.search.ends import ENOUGH, NoiseRule, expected_gain, noise_of_mean
from sweep.search.searcher import StudySearcher
from sweep.tracking.spending import Spending, Spent
from tests.sweep_tests.search.bench import LR, Bench, done, report

pytestmark = pytest.mark.usefixtures("patient")

NOISE = NoiseRule("val_accuracy", "max")


def trained(searcher: StudySearcher, accuracies: list[float]) -> int:
    """How many trials are handed out and end well, one after the other."""
    for number, accuracy in enumerate(accuracies):
        name = f"t{len(searcher.study.trials)}-{number}"
        if not isinstance(searcher.suggest(name), dict):
            return number
        searcher.on_trial_complete(name, done(1, accuracy, best=accuracy))
    return len(accuracies)


def test_a_target_ends_the_search_by_the_mean_over_seeds(tmp_path: Path) -> None:
    bench = Bench(tmp_path, search=LR, trials=9, seeds=[0, 1], stop={"target": 0.9})
    searcher = bench.searcher()
    assert trained(searcher, [0.95, 0.8, 0.91, 0.89, 0.5]) == 4 and bench.is_done()
    assert searcher.ends.reason == "a configuration has val_accuracy 0.9000; the target is 0.9"
    assert searcher.ends.key == "stop.target"
    assert searcher.finished


def test_a_metric_that_is_minimised_has_its_target_from_above(tmp_path: Path) -> None:
    plan = {"metric": "val_loss", "stop": {"target": 0.3}}
    searcher = Bench(tmp_path, search=LR, trials=9, **plan).searcher()
    for name, loss in (("a", 0.4), ("b", 0.3)):
        assert isinstance(searcher.suggest(name), dict)
        searcher.on_trial_complete(name, done(1, 0.5, best=0.5) | {"best_val_loss": loss})
    assert searcher.suggest("c") == Searcher.FINISHED


def test_configurations_that_have_begun_are_finished_after_the_target(tmp_path: Path) -> None:
    bench = Bench(tmp_path, search=LR, trials=9, seeds=[0, 1], stop={"target": 0.9})
    searcher = bench.searcher(slots=3)
    for name in "abc":
        assert isinstance(searcher.suggest(name), dict)
    for name in "ab":
        searcher.on_trial_complete(name, done(1, 0.95, best=0.95))
    assert isinstance(searcher.suggest("d"), dict)  # the second seed of the second configuration
    assert searcher.suggest("e") == Searcher.FINISHED and not searcher.finished
    for name in "cd":
        searcher.on_trial_complete(name, done(1, 0.8, best=0.8))
    assert searcher.finished
    assert [trial.state for trial in bench.study.trials] == [TrialState.COMPLETE] * 2


def test_what_a_target_leaves_to_be_finished_is_left_to_the_next_driver(tmp_path: Path) -> None:
    bench = Bench(tmp_path, search=LR, trials=9, seeds=[0, 1], stop={"target": 0.9})
    assert trained(bench.searcher(), [0.95, 0.8]) == 2 and not bench.is_done()
    first = bench.searcher()
    for name in "abc":
        assert isinstance(first.suggest(name), dict)
    for name in "ab":
        first.on_trial_complete(name, done(1, 0.95, best=0.95))
    assert first.ends.over() and not bench.is_done()  # the second seed of another has begun
    assert trained(bench.searcher(), [0.8, 0.8, 0.8]) == 2 and bench.is_done()


def test_a_resumed_search_knows_that_it_had_ended_and_goes_on_for_a_higher_target(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, search=LR, trials=9, stop={"target": 0.9})
    assert trained(bench.searcher(), [0.8, 0.95]) == 2
    assert bench.searcher().suggest("x") == Searcher.FINISHED
    higher = Bench(tmp_path, search=LR, trials=9, stop={"target": 0.96})
    assert bench.is_done() and not higher.is_done()
    assert isinstance(higher.searcher().suggest("y"), dict)


def test_a_budget_ends_the_trials_that_run_and_the_next_driver_goes_on_with_them(
    tmp_path: Path,
) -> None:
    plan = {"search": LR, "trials": 9, "base": {"dataset": "digits", "epochs": 3}}
    bench = Bench(tmp_path, **plan, budget={"epochs": 5})
    epochs = 0
    searcher = bench.searcher(spent=lambda: Spent(epochs=epochs))
    first = searcher.suggest("a")
    searcher.on_trial_result("a", report(1, 0.5))
    assert isinstance(searcher.suggest("b"), dict) and not searcher.ends.over_at_once()
    epochs = 5
    assert searcher.suggest("c") == Searcher.FINISHED
    assert searcher.ends.at_once and searcher.ends.reason == "the budget of 5 epochs is used up"
    assert {trial.state for trial in bench.study.trials} == {TrialState.RUNNING}
    # a budget leaves trials that have begun as they are, and there is nothing to run without more
    assert bench.is_done(Spent(epochs=5)) and not bench.is_done(Spent(epochs=4))
    larger = Bench(tmp_path, **plan, budget={"epochs": 50})
    assert not larger.is_done(Spent(epochs=5))
    again = larger.searcher(spent=lambda: Spent(epochs=epochs)).suggest("d")
    assert again == first


CONFIRM = {"top": 2, "seeds": [5, 6, 7], "base": {"epochs": 10}}


@pytest.mark.parametrize(
    ("budget", "enough", "spent", "told"),
    [
        ({"epochs": 100}, Spent(9, 9, 39), Spent(9, 9, 40), "100 epochs is used up, with 60 epoc"),
        (
            {"trial_hours": 2},  # at a minute an epoch, half of it goes to the confirmation
            Spent(1, 3540, 59),
            Spent(1, 3600, 60),
            "2 trial-hours is used up, with 1 h kept",
        ),
        (
            "1h",  # with two trials at a time, the confirmation takes half an hour
            Spent(1740, 3480, 58),
            Spent(1800, 3600, 60),
            "1 h is used up, with 30 min kept",
        ),
    ],
)
def test_a_budget_counts_what_the_confirmation_will_take(
    tmp_path: Path, budget: object, enough: Spent, spent: Spent, told: str
) -> None:
    plan = {"search": LR, "budget": budget, "confirm": CONFIRM}
    for so_far, words in ((enough, ""), (spent, told)):
        ends = Bench(tmp_path, **plan).searcher(spent=lambda now=so_far: now).ends
        assert bool(ends.over()) == bool(words) and words in ends.reason


def test_noise_ends_a_search_among_equals_and_not_one_that_still_finds_better() -> None:
    equals = [(0.89 + 0.001 * (n % 3), 0.91) for n in range(ENOUGH)]
    assert NOISE.reason(equals[:-1], Spent()) == ""
    assert "5 more configurations are expected to gain at most" in NOISE.reason(equals, Spent())
    better = [(a + 0.02 * n, b + 0.02 * n) for n, (a, b) in enumerate(equals)]
    assert NOISE.reason(better, Spent()) == ""


def test_the_expected_gain_is_that_of_all_subsets() -> None:
    means = np.array([0.9, 0.5, 0.8, 0.95, 0.7, 0.85, 0.6])  # the best one among the first
    subsets = [max(some) for some in itertools.combinations(means, 4)]
    assert expected_gain(means, 3) == pytest.approx(0.95 - np.mean(subsets))
    late = np.sort(means)  # what was gained in fact is more
    assert expected_gain(late, 3) == pytest.approx(0.95 - 0.8)


def test_bad_configurations_do_not_count_as_noise() -> None:
    good = [(0.90, 0.91), (0.92, 0.91), (0.91, 0.90)]
    bad = [(0.1, 0.6), (0.2, 0.7)]
    assert noise_of_mean(np.array(good + bad)) == pytest.approx(0.005)


def test_the_noise_of_a_sweep_ends_it(tmp_path: Path) -> None:
    plan = {"search": LR, "trials": 40, "seeds": [0, 1], "stop": {"noise": True}}
    searcher = Bench(tmp_path, **plan).searcher()
    assert trained(searcher, [0.89, 0.91, 0.9, 0.92] * 20) == 2 * ENOUGH


def test_time_and_epochs_are_counted_over_all_drivers_and_without_reused_trials() -> None:
    def note(do: str, run: str, at_s: int, **more: object) -> dict[str, object]:
        return {"do": do, "run": run, "time": 1000 * at_s, "tags": {}, "metrics": {}} | more

    spending = Spending("sweep")
    reused = {"spikesweep.reused_from": "there"}
    for event in (
        note("begin", "sweep", 100),
        note("begin", "a", 101),
        note("epoch", "a", 110, metrics={"epoch_seconds": 4.0}),
        note("begin", "b", 111, tags=reused),
        note("epoch", "b", 120, metrics={"epoch_seconds": 9.0}),  # the driver is killed
        note("begin", "sweep", 500),
        note("epoch", "a", 505, metrics={"epoch_seconds": 5.0}),
        note("end", "sweep", 510),
    ):
        spending.take(event)
    assert spending.of_earlier() == Spent(wall_s=30.0, trial_s=9.0, epochs=2)
    spending.take(note("begin", "sweep", 900))
    assert spending.of_earlier().wall_s == 30.0
    spent = spending.so_far()
    assert (spent.epochs, spent.trial_s) == (2, 9.0)
    assert 30 <= spent.wall_s < 40
