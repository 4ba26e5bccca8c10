"""Checks of the keys of configurations in a specification: `base`, `search` and `points`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.text.plain import brief
from snn.config import TrialConfig, model, unknown_key
from snn.registry import Registry
from sweep.errors import SpecError
from sweep.spec.spaces.parameter import Parameter
from sweep.spec.spaces.space_yaml import read_parameters
from sweep.spec.specification import Specification
from sweep.spec.yaml.repeats import first_repeat


@dataclass(frozen=True)
class Checked:
    """What is wrong with the keys, and what is left without the wrong ones.

    Attributes:
        mistakes: A line each.
        wrong: The keys that have one.
        sound: The specification without them.
    """

    mistakes: list[str]
    wrong: set[str]
    sound: Specification


def check_keys(sweep: Specification) -> Checked:
    """Check the keys and values that are fixed, searched, or in points."""
    fixed = _fixed("base.", sweep.base, {}, sweep.components)
    base = _without(sweep.base, fixed)
    searched = _searched(sweep, base)
    points, mistaken_points = [], dict[str, str]()
    for index, point in enumerate(sweep.points):
        wrong_keys = _repeated(f"points.{index}.", point, sweep.base)
        wrong_keys |= _fixed(
            f"points.{index}.", _without(point, wrong_keys), base, sweep.components
        )
        mistaken_points |= {f"{index}.{key}": line for key, line in wrong_keys.items()}
        points += [] if wrong_keys else [point]
    twice = first_repeat(sweep.points)
    if twice is not None:
        line = f"points.{twice}: {brief(sweep.points[twice])} stands twice"
        mistaken_points[f"{twice}."] = line
    found = [*fixed.values(), *searched.values(), *mistaken_points.values()]
    wrong = {*fixed, *searched, *(key.partition(".")[2] for key in mistaken_points)}
    left = {"base": base, "search": _without(sweep.search, searched), "points": tuple(points)}
    sound = sweep.model_copy(update=left) if wrong else sweep
    return Checked([line for line in found if line], wrong, sound)


def key_mistake(where: str, key: str) -> str:
    """What is wrong with a key whatever its value, in one line; empty if nothing is."""
    if key == "seed":
        return f"{where}seed: belongs to the replicates; use seeds: [0, 1, 2]"
    known = model().model_fields
    return "" if key in known else f"{where}{key}: {unknown_key(key, list(known))}"


def change_mistakes(
    changed: Mapping[str, Any] | Collection[str], searched: Collection[str], where: str
) -> dict[str, str]:
    """Why a confirmation may not give keys another value than its search, by key.

    Args:
        changed: The keys.
        searched: Keys that the search was over.
        where: What stands before a key in errors.
    """
    found: dict[str, str] = {}
    for key in changed:
        line = key_mistake(where, key)
        if not line and key in searched:
            line = (
                f"{where}{key}: is searched, and the value that was found would be lost; "
                "allowed are keys that the search fixes"
            )
        if line:
            found[key] = line
    return found


def value_mistakes(
    where: str, values: Mapping[str, Any], base: Mapping[str, Any], components: Registry
) -> dict[str, str]:
    """What is wrong with values beside those of a sound `base`, by key."""
    found = TrialConfig.mistakes({**base, **values}, components)
    of_base = base.keys() - values.keys()
    return {key: f"{'base.' if key in of_base else where}{line}" for key, line in found.items()}


def _fixed(
    where: str, values: Mapping[str, Any], base: Mapping[str, Any], components: Registry
) -> dict[str, str]:
    told = {key: key_mistake(where, key) for key in values}
    unknown = {key: line for key, line in told.items() if line}
    return unknown | value_mistakes(where, _without(values, unknown), base, components)


def _repeated(where: str, keys: Collection[str], base: Mapping[str, Any]) -> dict[str, str]:
    both = (key for key in keys if key in base)
    return {key: f"{where}{key}: stands in base, too; keep one of them" for key in both}


def _without(values: Mapping[str, Any], wrong: Collection[str]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in wrong}


def _searched(sweep: Specification, base: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with searched keys; an empty line of those that depend on a wrong one."""
    told = {key: key_mistake("search.", key) for key in sweep.search}
    wrong = {key: line for key, line in told.items() if line}
    wrong |= _repeated("search.", _without(sweep.search, wrong), sweep.base)
    sound = sweep.model_copy(update={"base": dict(base)})
    fixed = sound.fixed_keys()

    def wrong_value(parameter: Parameter) -> str:
        return next(_value_mistakes(parameter, sound, fixed), "")

    _, wrong = read_parameters(sweep.search, fixed, wrong, wrong_value)
    return {key: wrong[key] for key in sweep.search if key in wrong}


def _value_mistakes(
    parameter: Parameter, sound: Specification, fixed: Mapping[str, Any]
) -> Iterator[str]:
    def mistakes(where: str, key: str, value: Any) -> Iterable[str]:
        return value_mistakes(where, {key: value}, sound.base, sound.components).values()

    for value in parameter.samples():
        yield from mistakes("search.", parameter.name, value)
    for other, values in parameter.when.items():
        where = f"search.{parameter.name}.when."
        for value in values if other in fixed else ():
            wrong = [*mistakes(where, other, value)]
            yield from wrong
            written = value if wrong else sound.fixed_keys(**{other: value})[other]
            if value != written:
                yield f"{where}{other}: is never {brief(value)}; write {brief(written)}"


def check_changes(changed: Collection[str], searched: Collection[str], where: str) -> None:
    """Check that a confirmation may give keys another value than its search.

    Raises:
        SpecError: There are no such keys, or the search was over them; a line each.
    """
    found = change_mistakes(changed, searched, where)
    if found:
        raise SpecError(*found.values())
