"""The searcher against a real Optuna study, driven as Ray Tune drives it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState
from ray.tune.search import Searcher

from analysis.records import State
from snn.config import TrialConfig
from sweep.methods.samplers import SAMPLERS
from sweep.search.database import StudyDatabase
from sweep.search.searcher import Epochs, StudySearcher
from sweep.search.study import open_study
from sweep.spec.parsing import parse_sweep
from sweep.trial.failures import Cause
from sweep.trial.outcome import EARLIER, EPOCH, OUTCOME, REASON, Outcome

Reused = list[tuple[str, Outcome]]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy disk may take longer than a driver waits before it is asked again, as Tune does."""
    monkeypatch.setattr("sweep.search.searcher._DATABASE_WAIT_S", 60.0)


class Bench:
    """A study on disk, and searchers on it, one after the other as drivers come and go."""

    def __init__(self, folder: Path, **plan: Any) -> None:
        common = {"name": "s", "base": {"dataset": "digits"}, "scheduler": "none"}
        self.sweep = parse_sweep(common | plan)
        self.url = f"sqlite:///{folder / 'optuna.db'}"
        self.reused: Reused = []
        self.databases: list[StudyDatabase] = []

    @property
    def study(self) -> optuna.Study:
        """As the database has it, once all is written."""
        for database in self.databases:
            assert database.close() == ""
        return optuna.load_study(study_name="s/1", storage=self.url)

    def searcher(
        self,
        lookup: Callable[[TrialConfig], Outcome | None] = lambda _: None,
        slots: int = 99,
        history: Callable[[TrialConfig], Epochs] = lambda _: {},
    ) -> StudySearcher:
        def reuse(config: TrialConfig, outcome: Outcome) -> None:
            self.reused.append((config.config_id, outcome))

        database = StudyDatabase(self.url, "s/1", self.sweep.directions, print)
        self.databases.append(database)
        study = open_study(self.sweep, database)
        return StudySearcher(
            self.sweep, study, database, lookup, reuse, lambda: slots, history=history
        )


def report(epoch: int, accuracy: float) -> dict[str, Any]:
    return {EPOCH: epoch, "val_accuracy": accuracy, "val_loss": 1 - accuracy}


def done(epoch: int, last: float, best: float) -> dict[str, Any]:
    return report(epoch, last) | {
        OUTCOME: State.DONE,
        "best_val_accuracy": best,
        "best_synops_per_inference": 1000.0,
    }


LR = {"lr": {"loguniform": [1e-4, 1e-2]}}


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
