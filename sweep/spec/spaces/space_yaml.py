"""How a search space is written in YAML.

dynamics: [lif, alif]                                     a list is a choice
hidden: {int: [32, 256], step: 32}
lr: {loguniform: [1.0e-4, 1.0e-2]}
weight_decay: {float: [0, 0.5], step: 0.1}
learn_beta: {choice: [false, true], when: {dynamics: alif}}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from analysis.text.plain import brief
from sweep.errors import SpecError
from sweep.spec.spaces.parameter import Parameter, stepped, steps_between
from sweep.spec.spaces.space import Space
from sweep.spec.yaml.repeats import first_repeat

FORMS = (
    "a list, {choice: [...]}, {int: [low, high], step: n}, {float: [low, high]} "
    "or {loguniform: [low, high]}"
)
_KINDS = ("choice", "int", "float", "loguniform", "uniform")
_LARGEST = 10**18  # Optuna's whole numbers have 64 bits


def parse_space(search: Mapping[str, Any], fixed: Mapping[str, Any]) -> Space:
    """Read the `search` of a specification.

    Args:
        search: As in the YAML.
        fixed: Values of all keys that are not searched, for `when`.

    Raises:
        SpecError: Forms, ranges or conditions are wrong; a line for each parameter.
    """
    parameters, mistakes = read_parameters(search, fixed)
    if mistakes:
        raise SpecError(*filter(None, mistakes.values()))
    return Space(tuple(parameters), fixed)


def read_parameters(
    search: Mapping[str, Any],
    fixed: Mapping[str, Any],
    known: Mapping[str, str] = MappingProxyType({}),
    wrong_value: Callable[[Parameter], str] = lambda _: "",
) -> tuple[list[Parameter], dict[str, str]]:
    """The parameters that are right; and what is wrong with the others, by name.

    Args:
        search: As in the YAML.
        fixed: Values of all keys that are not searched.
        known: Of parameters that are wrong, what is wrong with them.
        wrong_value: What is wrong with the values of a parameter that can be read.

    Nothing is said of a parameter whose conditions are on a wrong one: its line is empty.
    """
    parameters: list[Parameter] = []
    mistakes = dict(known)
    for name, form in search.items():
        if name in mistakes:
            continue
        try:
            parameter = _parameter(name, form)
            if any(other in mistakes for other in parameter.when):
                mistakes[name] = ""
                continue
            _check_conditions(parameter, parameters, search, fixed)
            wrong = wrong_value(parameter)
        except SpecError as error:
            wrong = str(error)
        if wrong:
            mistakes[name] = wrong
        else:
            parameters.append(parameter)
    return parameters, mistakes


def _parameter(name: str, form: Any) -> Parameter:
    where = f"search.{name}"
    given = {"choice": form} if isinstance(form, list) else form
    if not isinstance(given, Mapping):
        raise SpecError(
            f"{where}: needs {FORMS}, got {brief(form)}; a fixed value belongs into base"
        )
    kinds = [key for key in given if key in _KINDS]
    unknown = [key for key in given if key not in (*_KINDS, "step", "log", "when")]
    if len(kinds) != 1 or unknown:
        wrong = f"unknown key {brief(unknown[0])}" if unknown else f"got {brief(form)}"
        raise SpecError(f"{where}: needs {FORMS}; {wrong}")
    when = _conditions(where, given.get("when", {}))
    if kinds[0] == "choice":
        if "step" in given or "log" in given:
            raise SpecError(f"{where}: step and log belong to ranges, not to choices")
        return Parameter(name=name, choices=_choices(where, given["choice"]), when=when)
    return _range(name, kinds[0], given, when)


def _choices(where: str, values: Any) -> tuple[Any, ...]:
    if not isinstance(values, list) or not values:
        raise SpecError(f"{where}: needs a list of at least one value, got {brief(values)}")
    if first_repeat(values) is not None:
        raise SpecError(f"{where}: a value stands twice in {brief(values)}")
    return tuple(values)


def _range(
    name: str, kind: str, given: Mapping[str, Any], when: Mapping[str, tuple[Any, ...]]
) -> Parameter:
    where = f"search.{name}.{kind}"
    integer, log = kind == "int", given.get("log", kind == "loguniform")
    ends, step = given[kind], given.get("step")
    what = "two whole numbers" if integer else "two numbers"
    if (
        not isinstance(ends, list)
        or len(ends) != 2
        or not all(_is_number(end, integer) for end in ends)
    ):
        raise SpecError(f"{where}: needs {what}, [low, high], got {brief(ends)}")
    low, high = ends
    if not low < high:
        raise SpecError(f"{where}: the low end must be below the high one, got {brief(ends)}")
    if not isinstance(log, bool) or (kind == "loguniform" and not log):
        allowed = "true, or {uniform: [low, high]}" if kind == "loguniform" else "true or false"
        raise SpecError(f"search.{name}.log: needs {allowed}, got {brief(log)}")
    if log and not low > 0:
        raise SpecError(f"{where}: a logarithmic range must be above 0, got {brief(ends)}")
    if log and step is not None:
        raise SpecError(f"search.{name}.step: a logarithmic range has no steps")
    step = 1 if integer and step is None else step
    if step is not None:
        if not _is_number(step, integer) or step <= 0:
            what = "whole number" if integer else "number"
            raise SpecError(f"search.{name}.step: needs a {what} above 0, got {brief(step)}")
        # Optuna warns of a high end between two steps.
        high = stepped(low, steps_between(low, high, step), step)
    return Parameter(name=name, low=low, high=high, step=step, integer=integer, log=log, when=when)


def _is_number(value: Any, integer: bool) -> bool:
    kinds = int if integer else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and abs(value) < _LARGEST


def _conditions(where: str, when: Any) -> dict[str, tuple[Any, ...]]:
    if not isinstance(when, Mapping):
        raise SpecError(
            f"{where}.when: needs {{other: value}} or {{other: [values]}}, got {brief(when)}"
        )
    for other, values in when.items():
        if values == []:
            raise SpecError(f"{where}.when.{other}: needs at least one value")
    return {k: tuple(v) if isinstance(v, list) else (v,) for k, v in when.items()}


def _check_conditions(
    parameter: Parameter,
    earlier: list[Parameter],
    search: Mapping[str, Any],
    fixed: Mapping[str, Any],
) -> None:
    before = {p.name: p for p in earlier}
    for other, values in parameter.when.items():
        where = f"search.{parameter.name}.when.{other}"
        if other in search and other not in before:
            raise SpecError(f"{where}: {other} must stand before {parameter.name}")
        if other not in before and other not in fixed:
            raise SpecError(f"{where}: there is no parameter {brief(other)}")
        for value in values if other in before else ():
            if not before[other].takes(value):
                possible = before[other].describe()
                raise SpecError(f"{where}: {other} is never {brief(value)}, only {possible}")
