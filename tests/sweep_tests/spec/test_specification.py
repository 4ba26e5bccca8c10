"""A specification: what is read of it, what it plans, how it is written again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.studies.published import published_results
from snn.config import TrialConfig
from sweep.errors import SpecError
from sweep.spec.fresh_seeds import fresh_seeds
from sweep.spec.json_schema import json_schema
from sweep.spec.parsing import parse_sweep
from sweep.spec.sources import bundled, load_sweep
from sweep.spec.yaml.files import read
from tests.sweep_tests.spec.written import GOOD, changed, write


def test_yaml_is_read_as_it_is_meant(tmp_path: Path) -> None:
    sweep = load_sweep(write(tmp_path, GOOD))
    assert (min(sweep.values("lr")), max(sweep.values("lr"))) == (1e-4, 1e-2)
    off = load_sweep(write(tmp_path, GOOD.replace("epochs: 5", "epochs: 5, early_stopping: off")))
    assert off.config({}, 0).early_stopping == 0


def test_a_sweep_survives_its_own_yaml(tmp_path: Path) -> None:
    for name in bundled():
        sweep = load_sweep(name)
        assert load_sweep(write(tmp_path, sweep.to_yaml())) == sweep
    pareto = changed(metric={"val_accuracy": "max", "synops_per_inference": "min"})
    sweep = load_sweep(write(tmp_path, pareto))
    assert load_sweep(write(tmp_path, sweep.to_yaml())) == sweep
    assert sweep.directions == {"val_accuracy": "max", "synops_per_inference": "min"}


def test_no_more_configurations_are_planned_than_there_are() -> None:
    common = {"name": "a", "base": {}, "scheduler": "none"}
    two = {"search": {"dynamics": ["lif", "alif"]}}
    assert parse_sweep(common | two | {"trials": 10}).configurations_planned() == 2
    assert parse_sweep(common | two | {"sampler": "grid"}).configurations_planned() == 2
    assert parse_sweep(common | two | {"seeds": [0, 1, 2]}).trials_planned() == 6
    lr = {"search": {"lr": {"loguniform": [1e-4, 1e-2]}}}
    assert parse_sweep(common | lr).configurations_planned() == 20
    assert parse_sweep(common).configurations_planned() == 1


def test_the_published_grids_are_the_48_published_rows() -> None:
    rows = published_results()
    figures = {
        "MNIST_precision": "published-mnist",
        "FMNIST_precision": "published-fashion",
        "MNIST_precision_128N": "published-mnist-128",
    }
    keys = ["dataset", "dynamics", "recurrent", "encoding", "hidden", "epochs"]
    for figure, name in figures.items():
        sweep = load_sweep(name)
        configs = [sweep.config(point, 0) for point in sweep.space.grid()]
        assert all(config.preset == "published" for config in configs)
        ours = {(*(_plain(config, key) for key in keys), config.learn_beta) for config in configs}
        table = rows[rows["figure"] == figure]
        learned = [flag is True or str(flag).lower() == "true" for flag in table["learn_beta"]]
        theirs = {
            (*values, flag)
            for values, flag in zip(table[keys].itertuples(index=False), learned, strict=True)
        }
        assert len(configs) == 16
        assert ours == theirs


def _plain(config: TrialConfig, key: str) -> Any:
    return config.hidden[0] if key == "hidden" else getattr(config, key)


def test_the_schema_accepts_the_bundled_sweeps() -> None:
    import jsonschema

    for name in bundled():
        plain = yaml.safe_load(load_sweep(name).to_yaml())
        jsonschema.validate(plain, json_schema())


def test_the_schema_accepts_the_bundled_files_as_they_are_written() -> None:
    import jsonschema

    for file in (Path(__file__).parents[3] / "sweep" / "spec" / "bundled").glob("*.yaml"):
        jsonschema.validate(read(file.read_text(), file.name), json_schema())


def test_the_schema_describes_every_key_and_refuses_unknown_ones() -> None:
    import jsonschema

    schema = json_schema()
    assert all(one.get("description") for one in schema["properties"].values())
    assert all(
        one.get("description") for one in schema["properties"]["base"]["properties"].values()
    )
    for wrong in (
        {"nmae": 1},
        {"base": {"hiden": 1}},
        {"search": {"hiden": [1]}},
        {"sampler": "x"},
        {"seeds": [-1]},
        {"confirm": {"base": {"hiden": 1}}},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"name": "a"} | wrong, schema)


def test_quoted_numbers_count_as_the_numbers_that_they_are(tmp_path: Path) -> None:
    assert load_sweep(write(tmp_path, changed(base={"epochs": "5"}))).values("epochs") == (5,)
    searched = changed(base={}, search={"epochs": ["5", 10]})
    assert load_sweep(write(tmp_path, searched)).values("epochs") == (5, 10)
    with pytest.raises(SpecError, match=r"scheduler\.grace: 2 epochs are more than the 1"):
        load_sweep(write(tmp_path, changed(base={"epochs": "1"})))


@pytest.mark.parametrize(
    ("base", "when", "used"),
    [
        ({}, {"hidden": 128}, True),
        ({"hidden": [128]}, {"hidden": 128}, True),
        ({"hidden": 64}, {"hidden": 128}, False),
        ({"preset": "published"}, {"beta": 1.6}, True),
        ({"dynamics": "lif"}, {"dynamics": ["alif", "izhikevich"]}, False),
        ({"dynamics": "lif"}, {"dynamics": "lif", "recurrent": True}, False),
    ],
)
def test_a_condition_on_a_key_that_is_not_searched_is_decided_by_its_value(
    base: dict[str, Any], when: dict[str, Any], used: bool
) -> None:
    search = {"lr": {"choice": [0.1, 0.2], "when": when}}
    sweep = parse_sweep({"name": "a", "base": base, "search": search})
    assert sweep.space.grid() == ([{"lr": 0.1}, {"lr": 0.2}] if used else [{}])


def test_a_search_of_a_billion_points_is_planned_at_once() -> None:
    search = {key: {"int": [2, 1001]} for key in ("hidden", "n_steps", "batch_size")}
    sweep = parse_sweep({"name": "a", "search": search, "trials": 30})
    assert sweep.space.size() == 10**9
    assert sweep.configurations_planned() == 30


SEARCHES: dict[str, Any] = {
    "dynamics": ["lif", "alif"],
    "hidden": [64, [64, 64]],
    "lr": {"loguniform": [1e-4, 1e-2]},
    "beta": {"float": [0, 1], "step": 0.1},
    "n_steps": {"int": [10, 100], "log": True},
    "tau_syn": [None, 5.0],
    "learn_beta": {"choice": [False, True], "when": {"preset": "default"}},
}


plans = st.fixed_dictionaries(
    {
        "name": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
        | st.sampled_from(["1e3", "12e5", "on", "null", "0x1F", "1_0", "2026"]),
        "search": st.sets(st.sampled_from(sorted(SEARCHES))).map(
            lambda keys: {key: SEARCHES[key] for key in sorted(keys)}
        ),
    },
    optional={
        "description": st.text() | st.sampled_from(["1e-3", "no", "a: b # c"]),
        "base": st.fixed_dictionaries(
            {},
            optional={
                "weight_decay": st.floats(0, 1),
                "epochs": st.integers(3, 9),
                "readout": st.sampled_from(["max", "mean"]),
                "early_stopping": st.sampled_from([False, 3]),
            },
        ),
        "metric": st.sampled_from(["val_loss", {"val_loss": "min", "val_accuracy": "max"}]),
        "sampler": st.sampled_from(["random", {"name": "nsga2", "seed": 7}]),
        "scheduler": st.sampled_from(["none", "hyperband", {"name": "asha", "grace": 2}]),
        "trials": st.integers(1, 99),
        "seeds": st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=4, unique=True),
        "resources": st.sampled_from(
            [{"cpu": 0.5}, {"cpu": 2, "gpu": 0.25}, {"gpu": 3}, {"pack": 2}]
        ),
        "max_failures": st.integers(0, 5),
    },
)


@given(plan=plans)
@settings(max_examples=80)
def test_any_valid_sweep_survives_its_own_yaml(plan: dict[str, Any]) -> None:
    sweep = parse_sweep(plan)
    again = parse_sweep(read(sweep.to_yaml(), "again"))
    assert again == sweep
    assert again.space == sweep.space


def test_points_are_all_run_in_order_and_survive_their_yaml() -> None:
    points = [{"dynamics": "lif", "lr": 1e-3}, {"dynamics": "alif", "hidden": [8, 4]}]
    sweep = parse_sweep({"name": "p", "points": points, "sampler": "grid", "seeds": [1, 2]})
    assert sweep.trials_planned() == 4
    assert [config.dynamics for config in sweep.configs()] == ["lif", "lif", "alif", "alif"]
    assert sweep.values("hidden") == ((128,), (8, 4))
    assert parse_sweep(read(sweep.to_yaml(), "p")) == sweep


def test_of_a_part_of_a_grid_only_the_planned_configurations_are_counted() -> None:
    plan = {"name": "p", "search": {"hidden": [8, 16, 24]}, "sampler": "grid", "seeds": [1, 2]}
    assert [config.hidden for config in parse_sweep({**plan, "trials": 1}).configs()] == [(8,)] * 2
    assert len(parse_sweep(plan).configs()) == 6


@given(st.sets(st.integers(0, 9)))
def test_fresh_seeds_are_the_lowest_that_were_not_used(used: set[int]) -> None:
    fresh = fresh_seeds(used)
    assert len(set(fresh)) == 5 and not used & set(fresh)
    assert set(range(1, max(fresh))) <= used | set(fresh)
