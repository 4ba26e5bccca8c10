"""Runs that a search chose or ended by their results are never paired."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from analysis.data.runs import tidy
from analysis.errors import AnalysisError
from analysis.records import KIND_SWEEP, KIND_TRIAL, State, Tag
from analysis.stats.effects import effects
from analysis.stats.factorial.interactions import interactions
from analysis.store.record import RunRecord
from analysis.studies.claims import claims
from analysis.text.plain import LONGEST_LINE
from tests.analysis_tests.conftest import make_runs

_SEARCHES = [("random", "asha"), ("tpe", "none"), ("grid", "race")]


def _record(run_id: str, tags: dict[str, str], params: dict[str, object], **metrics: float):
    return RunRecord(
        run_id=run_id,
        sweep="s",
        name=run_id,
        status="FINISHED",
        start_ms=int(run_id[1:]),
        end_ms=2_000,
        params={key: str(value) for key, value in params.items()},
        tags=tags,
        metrics=metrics,
    )


def _launch(number: int, sampler: str, scheduler: str) -> RunRecord:
    params: dict[str, object] = {"sampler": sampler, "scheduler": scheduler}
    return _record(f"r{number}", {Tag.KIND: KIND_SWEEP, Tag.STATE: State.DONE}, params)


def _trials(launch: str, first: int, hidden: tuple[int, ...] = (100, 200)) -> list[RunRecord]:
    """All combinations of three discrete params, with two seeds: pairs are there for all."""
    generator = np.random.default_rng(first)
    found = []
    combinations = product(("lif", "alif"), (False, True), hidden, (0, 1))
    for number, (dynamics, recurrent, size, seed) in enumerate(combinations, first):
        group = f"{dynamics}{recurrent}{size}"
        tags = {
            Tag.KIND: KIND_TRIAL,
            Tag.PARENT: launch,
            Tag.STATE: State.DONE,
            Tag.GROUP_ID: group,
            Tag.CONFIG_ID: f"{group}-{seed}",
        }
        params = {"dynamics": dynamics, "recurrent": recurrent, "hidden": size, "seed": seed}
        accuracy = float(generator.normal(0.9, 0.01))
        metrics = {"test_accuracy": accuracy, "best_val_accuracy": accuracy}
        found.append(_record(f"r{number}", tags, params, **metrics))
    return found


def _runs(sampler: str, scheduler: str) -> pd.DataFrame:
    return tidy([_launch(1, sampler, scheduler), *_trials("r1", 2)])


@pytest.mark.parametrize(("sampler", "scheduler"), [("grid", "none"), ("random", "none")])
def test_what_was_planned_without_results_is_an_experiment(sampler: str, scheduler: str) -> None:
    assert len(effects(_runs(sampler, scheduler))) == 3


@pytest.mark.parametrize(("sampler", "scheduler"), _SEARCHES)
def test_a_search_is_refused_though_all_its_runs_have_partners(
    sampler: str, scheduler: str
) -> None:
    runs = _runs(sampler, scheduler)
    told = f"s is a search, no experiment .*{scheduler if sampler != 'tpe' else 'tpe'}.*--tuned"
    for compared in (effects, interactions):
        with pytest.raises(AnalysisError, match=told):
            compared(runs)
    table = claims(runs.assign(dataset="mnist", encoding="latency", preset="default", epochs=15))
    tested = table[table["claim"] == "alif-over-lif"].iloc[0]
    assert tested["verdict"] == "untested"
    assert "is a search" in tested["note"]


FRONTS = "spikesweep fronts KIND=NAME… compares kinds of networks over several searches of each"


def test_several_searches_are_compared_by_their_fronts_and_one_is_not() -> None:
    one = _runs("tpe", "none")
    both = pd.concat([one, one.assign(sweep="t")], ignore_index=True)
    own = pd.concat([one, one.assign(sweep="s-confirm")], ignore_index=True)
    for runs, told in ((one, False), (both, True), (own, False)):
        with pytest.raises(AnalysisError, match="s is a search") as refused:
            effects(runs)
        assert str(refused.value).endswith(FRONTS) == told
        assert ("fronts" in str(refused.value)) == told


@pytest.mark.parametrize("tuned", [False, True])
def test_leaders_of_several_searches_without_pairs_are_compared_by_the_fronts_of_these(
    tuned: bool,
) -> None:
    leaders = [
        {"group": f"{kind}{size}", "dynamics": kind, "hidden": size, "sweep": f"{kind}-confirm"}
        for kind, sizes in (("lif", (8, 16)), ("mlp", (32, 64)))
        for size in sizes
    ]
    others = {f"param_{number}": number for number in range(9)}
    leaders = [row | {name: row["hidden"] + it for name, it in others.items()} for row in leaders]
    for sweep, told in (("", True), ("one-confirm", False)):
        runs = make_runs([row | ({"sweep": sweep} if sweep else {}) for row in leaders])
        with pytest.raises(AnalysisError, match=r"no pairs|one with one") as refused:
            effects(runs, ["dynamics"], tuned=tuned)
        assert str(refused.value).endswith(FRONTS) == told
        assert len(str(refused.value)) < LONGEST_LINE


def test_runs_with_pruned_ones_among_them_are_refused_wherever_they_come_from() -> None:
    rows = [
        {"group": f"{r}{h}", "recurrent": r, "hidden": h, "seed": seed}
        for r, h, seed in product((False, True), (100, 200), range(3))
    ]
    runs = make_runs(rows)
    runs.loc[0, "state"] = State.PRUNED
    with pytest.raises(AnalysisError, match=r"1 of its 12 runs were pruned .*--tuned"):
        effects(runs)


def test_a_run_of_a_search_that_a_design_asked_for_too_belongs_to_the_design() -> None:
    both = [
        _launch(1, "tpe", "asha"),
        *_trials("r1", 2, (100,)),
        _launch(30, "grid", "none"),
        *_trials("r30", 40),
    ]
    runs = tidy(both)
    assert runs["searched_by"].isna().all()
    first = runs.loc[runs["hidden"] == 100, "launched"]
    assert (first == pd.Timestamp(1, unit="ms", tz="UTC")).all()  # when it was first finished
    assert len(effects(runs)) == 3
