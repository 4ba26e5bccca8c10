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
from sweep.spec.parsing import parse_sweep
from sweep.spec.specification import Specification
from tests.contracts.methods import OWN_SAMPLER

RANGES = {"lr": {"loguniform": [1e-4, 1e-2]}, "beta": {"float": [0.0, 1.0]}}
CHOICE = {"dynamics": ["lif", "alif"]}
PARETO = {"metric": {"val_accuracy": "max", "val_loss": "min"}}

pytestmark = pytest.mark.usefixtures("one_more")
every_sampler = pytest.mark.parametrize("name", [*SAMPLERS, OWN_SAMPLER.name])


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


def test_one_more_is_made_with_its_own_keys() -> None:
    default = plan(OWN_SAMPLER)
    own = plan(OWN_SAMPLER, sampler={"name": "plain_tpe", "startup": 13})
    assert own.sampler.values_of(OWN_SAMPLER.keys) == {"startup": 13, "drawn": 24}
    assert suggested(own)[:4] == suggested(default)[:4]
    assert suggested(own)[5:] != suggested(default)[5:]


def test_a_specification_is_checked_without_optuna_ray_and_torch() -> None:
    code = (
        "import sys; from sweep.spec.sources import bundled; from sweep.spec.json_schema import "
        "json_schema; bundled(); json_schema(); "
        "print([m for m in ('torch', 'ray', 'optuna', 'mlflow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
