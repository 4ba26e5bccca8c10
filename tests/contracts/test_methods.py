"""What samplers and schedulers have in common: how they are declared, and what their keys are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sweep.errors import SpecError
from sweep.methods.samplers import SAMPLERS
from sweep.methods.samplers.base import Sampler
from sweep.methods.schedulers import SCHEDULERS
from sweep.methods.schedulers.base import Scheduler
from sweep.spec.json_schema import json_schema
from sweep.spec.parsing import parse_sweep
from sweep.spec.specification import Specification
from tests.contracts.methods import OWN_SAMPLER, OWN_SCHEDULER

Method = Sampler | Scheduler
SECTIONS: Mapping[str, Mapping[str, Method]] = {"sampler": SAMPLERS, "scheduler": SCHEDULERS}
OWN: Mapping[str, Method] = {"sampler": OWN_SAMPLER, "scheduler": OWN_SCHEDULER}

pytestmark = pytest.mark.usefixtures("one_more")
every_method = pytest.mark.parametrize(
    ("section", "name"),
    [
        (section, name)
        for section, known in SECTIONS.items()
        for name in (*known, OWN[section].name)
    ],
)
both = pytest.mark.parametrize("section", [*SECTIONS])


def plan(section: str, name: str, **keys: Any) -> Specification:
    search = {"tau_mem": [5.0, 9.0] if name == "grid" else {"float": [5.0, 9.0]}}
    common = {"name": "contract", "base": {"epochs": 12}, "search": search}
    return parse_sweep(common | {section: {"name": name, **keys} if keys else name})


@every_method
def test_it_is_declared_as_readers_need_it(section: str, name: str) -> None:
    method = SECTIONS[section][name]
    assert method.name == name
    assert method.label and method.source
    for key in method.keys:
        assert key.description and isinstance(key.default, key.type)


@every_method
def test_its_keys_are_checked_and_in_the_schema(section: str, name: str) -> None:
    keys = json_schema()["$defs"][section.capitalize()]["properties"]
    assert name in keys["name"]["enum"]
    for key in SECTIONS[section][name].keys:
        assert keys[key.name]["default"] == key.default
        assert section == "sampler" or key.low is not None
        for end, beyond in ((key.low, -1), (key.high, 1)):
            if end is not None:
                with pytest.raises(SpecError, match=rf"{section}\.{key.name}: "):
                    plan(section, name, **{key.name: key.type(end + beyond)})


@every_method
def test_a_key_at_its_default_is_as_if_it_were_not_given(section: str, name: str) -> None:
    """Otherwise, the study of an earlier launch would be refused as that of another plan."""
    given = plan(section, name, **{key.name: key.default for key in SECTIONS[section][name].keys})
    assert given == plan(section, name)
    assert given.to_yaml() == plan(section, name).to_yaml()


@both
def test_one_more_has_its_own_keys_in_a_specification(section: str) -> None:
    key = OWN[section].keys[0]
    own = plan(section, OWN[section].name, **{key.name: 7})
    assert getattr(own, section).values_of(OWN[section].keys)[key.name] == 7
    assert f"{key.name}: 7" in own.to_yaml()
    wrong = f"{key.name[:-1]}x"
    with pytest.raises(SpecError, match=rf"{section}\.{wrong}: .* did you mean {key.name}\?"):
        plan(section, OWN[section].name, **{wrong: 3})


@both
def test_one_more_is_named_where_the_others_are(section: str) -> None:
    names = ".*".join(f"'{name}'" for name in SECTIONS[section])
    with pytest.raises(SpecError, match=rf"{section}\.name: input should be {names}, got 'annea"):
        plan(section, "annealing")
    with pytest.raises(SpecError, match=rf"did you mean {OWN[section].name}\?"):
        plan(section, f"{OWN[section].name}x")
