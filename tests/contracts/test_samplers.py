"""What every sampler must fulfil, and how one more is added."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import optuna
import pytest

from sweep.errors import SpecError
from sweep.methods.samplers import SAMPLERS
from sweep.methods.samplers.base import Sampler
from sweep.search.study import make_sampler
from sweep.spec.json_schema import json_schema
from sweep.spec.parsing import parse_sweep
from sweep.spec.specification import Specification
from tests.contracts.methods import OWN_SAMPLER

RANGES = {"lr": {"loguniform": [1e-4, 1e-2]}, "beta": {"float": [0.0, 1.0]}}
CHOICE = {"dynamics": ["lif", "alif"]}
PARETO = {"metric": {"val_accuracy": "max", "val_loss": "min"}}

every_sampler = pytest.mark.parametrize("name", [*SAMPLERS, OWN_SAMPLER.name])


@pytest.fixture(autouse=True)
def one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands for the line in the list."""
    monkeypatch.setitem(SAMPLERS, OWN_SAMPLER.name, OWN_SAMPLER)


def plan(of: Sampler, **changes: Any) -> Specification:
    search = {"beta": [0.2, 0.5, 0.9]} if of.every_point else RANGES
    common: dict[str, Any] = {"name": "contract", "search": search, "sampler": of.name}
    return parse_sweep(common | changes)


def suggested(sweep: Specification, count: int = 14) -> list[dict[str, Any]]:
    """What it suggests for trials that end, one after another."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    directions = [f"{mode}imize" for mode in sweep.directions.values()]
    study = optuna.create_study(sampler=make_sampler(sweep, 0), directions=directions)
    found = []
    for number in range(count):
        trial = study.ask()
        found.append(sweep.space.suggest(trial))
        study.tell(trial, [number / 20] * len(directions))
    return found


@every_sampler
def test_it_is_declared_as_readers_need_it(name: str) -> None:
    sampler = SAMPLERS[name]
    assert sampler.name == name
    assert sampler.label and sampler.source
    for key in sampler.keys:
        assert key.description and isinstance(key.default, key.type)


@every_sampler
def test_it_suggests_values_in_their_ranges_and_the_same_for_the_same_seed(name: str) -> None:
    sampler = SAMPLERS[name]
    sweep = plan(sampler)
    found = suggested(sweep)
    by_name = {parameter.name: parameter for parameter in sweep.space.parameters}
    for assignment in found:
        assert all(by_name[key].takes(value) for key, value in assignment.items())
    assert found == suggested(sweep)
    assert found != suggested(plan(sampler, sampler={"name": name, "seed": 1}))


@every_sampler
def test_it_takes_choices_or_a_specification_with_one_is_refused(name: str) -> None:
    sampler = SAMPLERS[name]
    if sampler.choices:
        found = suggested(plan(sampler, search=CHOICE))
        assert {assignment["dynamics"] for assignment in found} == {"lif", "alif"}
    else:
        with pytest.raises(SpecError, match=f"{name} takes numbers only, and dynamics is a choice"):
            plan(sampler, search=CHOICE | RANGES)


@every_sampler
def test_it_takes_several_metrics_or_a_specification_with_them_is_refused(name: str) -> None:
    sampler = SAMPLERS[name]
    if sampler.several_metrics:
        assert len(suggested(plan(sampler, **PARETO))) == 14
    else:
        with pytest.raises(SpecError, match=f"{name} takes one metric; for several use .*tpe"):
            plan(sampler, **PARETO)


@every_sampler
def test_only_one_that_runs_every_point_takes_points(name: str) -> None:
    sampler = SAMPLERS[name]
    points: dict[str, Any] = {"search": {}, "points": [{"beta": 0.1}, {"beta": 0.2}]}
    if sampler.every_point:
        assert plan(sampler, **points).configurations_planned() == 2
        with pytest.raises(SpecError, match="infinite"):
            plan(sampler, search=RANGES)
    else:
        with pytest.raises(SpecError, match=f"{name} searches, and points are all run; use grid"):
            plan(sampler, **points)


@every_sampler
def test_its_keys_are_checked_and_in_the_schema(name: str) -> None:
    keys = json_schema()["$defs"]["Sampler"]["properties"]
    assert name in keys["name"]["enum"]
    for key in SAMPLERS[name].keys:
        assert keys[key.name]["default"] == key.default
        for end, beyond in ((key.low, -1), (key.high, 1)):
            if end is not None:
                wrong = {"name": name, key.name: key.type(end + beyond)}
                with pytest.raises(SpecError, match=rf"sampler\.{key.name}: "):
                    plan(SAMPLERS[name], sampler=wrong)


def test_one_more_has_its_own_keys_in_a_specification() -> None:
    default = plan(OWN_SAMPLER)
    own = plan(OWN_SAMPLER, sampler={"name": "plain_tpe", "startup": 13})
    assert own.sampler.values_of(OWN_SAMPLER.keys) == {"startup": 13, "drawn": 24}
    assert suggested(own)[:4] == suggested(default)[:4]
    assert suggested(own)[5:] != suggested(default)[5:]
    assert "startup: 13" in own.to_yaml()
    with pytest.raises(SpecError, match=r"sampler\.strtup: unknown key; did you mean startup\?"):
        plan(OWN_SAMPLER, sampler={"name": "plain_tpe", "strtup": 3})


def test_one_more_is_named_where_the_others_are() -> None:
    with pytest.raises(SpecError, match=r"sampler\.name: input should be 'tpe', .*'plain_tpe'"):
        plan(OWN_SAMPLER, sampler="annealing")


def test_a_specification_is_checked_without_optuna_ray_and_torch() -> None:
    code = (
        "import sys; from sweep.spec.sources import bundled; from sweep.spec.json_schema import "
        "json_schema; bundled(); json_schema(); "
        "print([m for m in ('torch', 'ray', 'optuna', 'mlflow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
