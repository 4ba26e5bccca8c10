"""A search that starts from the results of earlier sweeps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ray.tune.search import Searcher

from analysis.records import Tag
from analysis.store.record import RunRecord
from snn.config import TrialConfig
from sweep.search.memory import Memory, recall
from sweep.search.study import leaders
from tests.sweep_tests.search.bench import Bench, done

pytestmark = pytest.mark.usefixtures("patient")

SPACE = {"lr": {"loguniform": [1e-4, 1e-1]}, "hidden": [8, [8, 4]]}
DATA = {"digits": "sha of digits"}


def run_of(accuracy: float, state: str = "done", data: str = "sha of digits", **keys: Any) -> Any:
    """A run of an earlier sweep as MLflow has it."""
    config = TrialConfig.parse({"dataset": "digits", "hidden": 8, **keys})
    name = f"{config.config_id} {state} {data}"
    params = {key: str(value) for key, value in config.params().items()}
    tags = {Tag.KIND: "trial", Tag.STATE: state, Tag.DATA_SHA256: data}
    metrics = {"best_val_accuracy": accuracy}
    return RunRecord(name, "old", name, "FINISHED", 0, 1, params, tags, metrics)


def taken(folder: Path, *runs: RunRecord, **plan: Any) -> Memory:
    sweep = Bench(folder, **{"search": SPACE, "start_from": ["old"]} | plan).sweep
    return recall(sweep, runs, DATA)


def test_a_configuration_is_known_by_the_mean_of_the_seeds_that_it_had(tmp_path: Path) -> None:
    runs = [run_of(0.8, lr=0.01, seed=3), run_of(0.9, lr=0.01, seed=4)]
    (prior,) = taken(tmp_path, *runs, runs[0]).priors
    assert prior.assignment == {"lr": 0.01, "hidden": 8}
    assert prior.values == (pytest.approx(0.85),)


def test_the_sampler_knows_which_earlier_configurations_break_a_limit(tmp_path: Path) -> None:
    limits = {"constraints": {"synops_per_inference": "<= 100"}}
    runs = [run_of(0.8, lr=0.01), run_of(0.9, lr=0.02), run_of(0.9, lr=0.03)]
    for run, operations in zip(runs, (90, 130), strict=False):
        run.metrics["best_synops_per_inference"] = operations
    known = taken(tmp_path, *runs, **limits)
    space = Bench(tmp_path, search=SPACE, **limits).sweep.space
    broken = [prior.trial(space).constraints for prior in known.priors]
    assert broken == [{"synops_per_inference": each} for each in (-10, 30, math.inf)]


def test_a_key_that_was_not_searched_before_has_the_value_that_it_had(tmp_path: Path) -> None:
    more = {"search": SPACE | {"surrogate_slope": {"float": [1, 50]}}}
    fixed = TrialConfig.parse({"dataset": "digits"}).surrogate_slope
    old, given = run_of(0.8, lr=0.01), run_of(0.8, lr=0.02, surrogate_slope=7.0)
    older = run_of(0.8, lr=0.03)
    del older.params["surrogate_slope"]  # of a version that did not have the key
    slopes = [
        prior.assignment["surrogate_slope"]
        for prior in taken(tmp_path, old, given, older, **more).priors
    ]
    assert slopes == [fixed, 7.0, fixed]


def test_what_is_not_comparable_is_left_out_and_told_with_the_reason(tmp_path: Path) -> None:
    memory = taken(
        tmp_path,
        run_of(0.8, lr=0.01, hidden=[8, 4]),
        run_of(0.8, lr=0.5),
        run_of(0.8, lr=0.01, hidden=16),
        run_of(0.8, lr=0.02, epochs=77),
        run_of(0.8, lr=0.03, data="of other images"),
        run_of(0.8, lr=0.04, state="pruned"),
    )
    assert str(memory) == (
        "start_from: 1 configuration of old known to the sampler; 5 runs left out: "
        "1 on other data, 1 not done, 2 outside the space, 1 with another epochs"
    )


def peaked() -> list[RunRecord]:
    """Forty runs, the best of them at a learning rate of 0.01."""
    rates = [10 ** (-4 + 3 * n / 39) for n in range(40)]
    return [run_of(1 - abs(rate - 0.01) ** 0.5, lr=rate) for rate in rates]


def rates_asked_for(bench: Bench, memory: Memory | None) -> list[float]:
    searcher = bench.searcher(memory=memory)
    found: list[Mapping[str, Any]] = [searcher.suggest(str(n)) or {} for n in range(2)]
    return [one["trial"]["lr"] for one in found]


@pytest.mark.parametrize("sampler", ["tpe", "gp"])
def test_the_sampler_begins_where_the_earlier_sweep_found_the_best(
    tmp_path: Path, sampler: str
) -> None:
    plan = {"search": {"lr": SPACE["lr"]}, "sampler": sampler, "trials": 9}
    bench = Bench(tmp_path, **plan, base={"dataset": "digits", "hidden": 8}, start_from="old")
    memory = recall(bench.sweep, peaked(), DATA)
    assert all(0.005 < rate < 0.02 for rate in rates_asked_for(bench, memory))


def test_earlier_results_are_no_trials_of_the_sweep_also_after_a_resume(tmp_path: Path) -> None:
    bench = Bench(tmp_path, search=SPACE, trials=3, start_from="old")
    memory = recall(bench.sweep, peaked(), DATA)
    memory.write(tmp_path / "kept.json")
    again = Memory.read(tmp_path / "kept.json")
    assert again.priors == memory.priors
    handed_out = 0
    for known in (memory, again):
        searcher = bench.searcher(memory=known)
        while isinstance(searcher.suggest(f"t{handed_out}"), dict):
            searcher.on_trial_complete(f"t{handed_out}", done(1, 0.1, best=0.1))
            handed_out += 1
            if known is memory:
                break
        assert len(searcher.study.trials) == 40 + handed_out
        assert len(leaders(searcher.study, {"val_accuracy": "max"})) == handed_out
        assert len(bench.study.trials) == handed_out
    assert handed_out == 3


@pytest.mark.parametrize("sampler", ["tpe", "gp"])
def test_what_is_known_is_not_suggested_again(tmp_path: Path, sampler: str) -> None:
    # too few runs are known for the sampler to begin with more than random numbers
    plan = {"search": {"n_steps": [4, 5, 6, 7]}, "base": {"dataset": "digits", "hidden": 8}}
    bench = Bench(tmp_path, **plan, sampler=sampler, trials=4, start_from="old")
    memory = recall(bench.sweep, [run_of(0.9, n_steps=steps) for steps in (4, 5, 6)], DATA)
    searcher = bench.searcher(memory=memory)
    suggested = searcher.suggest("t0")
    assert isinstance(suggested, dict) and suggested["trial"]["n_steps"] == 7
    searcher.on_trial_complete("t0", done(1, 0.5, best=0.5))
    assert [trial.params for trial in bench.study.trials] == [{"n_steps": 7}]


def test_what_is_known_is_run_again_for_the_seeds_that_it_lacks(tmp_path: Path) -> None:
    plan = {"search": {"n_steps": [4, 5]}, "base": {"dataset": "digits", "hidden": 8}}
    bench = Bench(tmp_path, **plan, trials=2, start_from="old", seeds=[0, 1])
    runs = [run_of(0.9, n_steps=4, seed=0), run_of(0.9, n_steps=4, seed=1)]
    memory = recall(bench.sweep, [*runs, run_of(0.9, n_steps=5, seed=1)], DATA)
    assert [prior.seeds for prior in memory.priors] == [(0, 1), (1,)]
    searcher = bench.searcher(memory=memory)
    suggested: list[Any] = [searcher.suggest(f"t{n}") for n in range(2)]
    assert [one["trial"]["n_steps"] for one in suggested] == [5, 5]


def test_a_search_in_which_all_is_known_ends_and_says_so(tmp_path: Path) -> None:
    plan = {"search": {"n_steps": [4, 5]}, "base": {"dataset": "digits", "hidden": 8}}
    bench = Bench(tmp_path, **plan, trials=2, start_from="old")
    memory = recall(bench.sweep, [run_of(0.9, n_steps=steps) for steps in (4, 5)], DATA)
    searcher = bench.searcher(memory=memory)
    assert searcher.suggest("t0") == Searcher.FINISHED
    assert searcher.finished and not bench.study.trials
    assert searcher.ends.reason == "100 suggestions in a row were known from start_from"
