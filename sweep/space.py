"""The search space of a sweep: parameters with ranges, some only under a condition.

dynamics: [lif, alif]                                     a list is a choice
hidden: {int: [32, 256], step: 32}
lr: {loguniform: [1.0e-4, 1.0e-2]}
dropout: {float: [0, 0.5], step: 0.1}
learn_beta: {choice: [false, true], when: {dynamics: alif}}
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sweep.errors import SpecError

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

_KINDS = ("choice", "int", "float", "loguniform", "uniform")
_FORMS = (
    "a list, {choice: [...]}, {int: [low, high], step: n}, {float: [low, high]} "
    "or {loguniform: [low, high]}"
)
Assignment = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One dimension of the search.

    Attributes:
        choices: The values, for a choice; else empty.
        low, high: Ends of a range, both included.
        step: Distance of the values of a stepped range; None for a continuous one.
        integer: Whether the values are whole numbers.
        log: Whether the range is searched on a logarithmic scale.
        when: Values that other parameters must have for this one to be used.
    """

    name: str
    choices: tuple[Any, ...] = ()
    low: float = 0
    high: float = 0
    step: float | None = None
    integer: bool = False
    log: bool = False
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def suggest(self, trial: BaseTrial) -> Any:
        """Ask Optuna for a value."""
        if self.choices:
            return self._by_label[trial.suggest_categorical(self.name, list(self._by_label))]
        if self.integer:
            low, high, step = int(self.low), int(self.high), int(self.step or 1)
            return trial.suggest_int(self.name, low, high, step=step, log=self.log)
        return trial.suggest_float(self.name, self.low, self.high, step=self.step, log=self.log)

    def values(self) -> tuple[Any, ...] | None:
        """All values in order; None when they are infinitely many."""
        if self.choices:
            return self.choices
        if self.step is None:
            return None
        count = int((self.high - self.low) / self.step + 1e-9) + 1
        values = (self.low + i * self.step for i in range(count))
        return tuple(int(v) if self.integer else v for v in values)

    def label(self, value: Any) -> Any:
        """How Optuna knows a value: it stores nothing but simple ones."""
        if not self.choices:
            return value
        return next(label for label, choice in self._by_label.items() if choice == value)

    def samples(self) -> tuple[Any, ...]:
        """The values that show whether all are allowed: the choices, or the ends of a range.

        Of a continuous range also a value within, which shows whether fractions are.
        """
        if self.choices:
            return self.choices
        if self.integer:
            return int(self.low), int(self.high)
        return self.low, self.low + (self.high - self.low) / math.pi, self.high

    def describe(self) -> str:
        """The range in words."""
        if self.choices:
            text = ", ".join(_as_yaml(choice) for choice in self._by_label)
        else:
            text = f"{self.low:g} … {self.high:g}"
            text += f" in steps of {self.step:g}" if self.step and self.step != 1 else ""
            text += " (logarithmic)" if self.log else ""
        conditions = (f"{k} is {' or '.join(map(_as_yaml, v))}" for k, v in self.when.items())
        return " if ".join([text, *([" and ".join(conditions)] if self.when else [])])

    @property
    def _by_label(self) -> dict[Any, Any]:
        simple = (bool, int, float, str, type(None))
        return {c if isinstance(c, simple) else json.dumps(c): c for c in self.choices}


def _as_yaml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class Space:
    """All dimensions in order; `fixed` are the values of the keys that are not searched."""

    parameters: tuple[Parameter, ...]
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def suggest(self, trial: BaseTrial) -> Assignment:
        """Ask Optuna for a point, parameter by parameter; those without effect are left out."""
        assignment: Assignment = {}
        for parameter in self.parameters:
            if self._used(parameter, assignment):
                assignment[parameter.name] = parameter.suggest(trial)
        return assignment

    def grid(self) -> list[Assignment]:
        """All points in order, the first parameter slowest.

        Raises:
            SpecError: A parameter has infinitely many values.
        """
        for parameter in self.parameters:
            if parameter.values() is None:
                raise SpecError(
                    f"search.{parameter.name}: a grid of it is infinite; a grid takes lists, "
                    "whole numbers and floats with a step"
                )
        return list(self._points(0, {}))

    def size(self) -> int | None:
        """Number of points; None when they are infinitely many."""
        if any(parameter.values() is None for parameter in self.parameters):
            return None
        return sum(1 for _ in self._points(0, {}))

    def to_optuna_params(self, assignment: Assignment) -> dict[str, Any]:
        """A point as Optuna knows it, for `enqueue_trial`."""
        parameters = {p.name: p for p in self.parameters}
        return {name: parameters[name].label(value) for name, value in assignment.items()}

    def describe(self) -> list[tuple[str, str]]:
        """Names and ranges in words."""
        return [(p.name, p.describe()) for p in self.parameters]

    def _points(self, index: int, assignment: Assignment) -> Iterator[Assignment]:
        if index == len(self.parameters):
            yield assignment
            return
        parameter = self.parameters[index]
        if not self._used(parameter, assignment):
            yield from self._points(index + 1, assignment)
            return
        for value in parameter.values() or ():
            yield from self._points(index + 1, {**assignment, parameter.name: value})

    def _used(self, parameter: Parameter, assignment: Assignment) -> bool:
        known = {**self.fixed, **assignment}
        searched = {p.name for p in self.parameters}
        return all(
            known.get(name) in values and (name in assignment or name not in searched)
            for name, values in parameter.when.items()
        )


def parse_space(search: Mapping[str, Any], fixed: Mapping[str, Any]) -> Space:
    """Read the `search` of a specification.

    Args:
        search: As in the YAML.
        fixed: Values of all keys that are not searched, for `when`.

    Raises:
        SpecError: A form, a range or a condition is wrong.
    """
    parameters: list[Parameter] = []
    for name, form in search.items():
        parameter = _parameter(name, form)
        _check_conditions(parameter, parameters, search, fixed)
        parameters.append(parameter)
    return Space(tuple(parameters), fixed)


def _parameter(name: str, form: Any) -> Parameter:
    where = f"search.{name}"
    given = {"choice": form} if isinstance(form, list) else form
    if not isinstance(given, Mapping):
        raise SpecError(f"{where}: needs {_FORMS}, got {form!r}; a fixed value belongs into base")
    kinds = [key for key in given if key in _KINDS]
    unknown = [key for key in given if key not in (*_KINDS, "step", "log", "when")]
    if len(kinds) != 1 or unknown:
        wrong = f"unknown key {unknown[0]!r}" if unknown else f"got {form!r}"
        raise SpecError(f"{where}: needs {_FORMS}; {wrong}")
    when = _conditions(where, given.get("when", {}))
    if kinds[0] == "choice":
        if "step" in given or "log" in given:
            raise SpecError(f"{where}: step and log belong to ranges, not to choices")
        return Parameter(name=name, choices=_choices(where, given["choice"]), when=when)
    return _range(name, kinds[0], given, when)


def _choices(where: str, values: Any) -> tuple[Any, ...]:
    if not isinstance(values, list) or not values:
        raise SpecError(f"{where}: needs a list of at least one value, got {values!r}")
    if any(value in values[:index] for index, value in enumerate(values)):
        raise SpecError(f"{where}: a value stands twice in {values!r}")
    return tuple(values)


def _range(
    name: str, kind: str, given: Mapping[str, Any], when: Mapping[str, tuple[Any, ...]]
) -> Parameter:
    where = f"search.{name}.{kind}"
    integer, log = kind == "int", kind == "loguniform" or given.get("log") is True
    number = int if integer else (int, float)
    ends, step = given[kind], given.get("step", 1 if integer and not log else None)
    what = "two whole numbers" if integer else "two numbers"
    if (
        not isinstance(ends, list)
        or len(ends) != 2
        or not all(isinstance(end, number) and not isinstance(end, bool) for end in ends)
    ):
        raise SpecError(f"{where}: needs {what}, [low, high], got {ends!r}")
    low, high = ends
    if not low < high:
        raise SpecError(f"{where}: the low end must be below the high one, got {ends!r}")
    if log and not low > 0:
        raise SpecError(f"{where}: a logarithmic range must be above 0, got {ends!r}")
    if given.get("log") not in (None, True, False):
        raise SpecError(f"search.{name}.log: needs true or false, got {given['log']!r}")
    if step is not None and (isinstance(step, bool) or not isinstance(step, number) or step <= 0):
        raise SpecError(f"search.{name}.step: needs a number above 0, got {step!r}")
    if log and "step" in given:
        raise SpecError(f"search.{name}.step: a logarithmic range has no steps")
    return Parameter(name=name, low=low, high=high, step=step, integer=integer, log=log, when=when)


def _conditions(where: str, when: Any) -> dict[str, tuple[Any, ...]]:
    if not isinstance(when, Mapping):
        raise SpecError(
            f"{where}.when: needs {{other: value}} or {{other: [values]}}, got {when!r}"
        )
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
            raise SpecError(f"{where}: there is no parameter {other!r}")
        possible = before[other].values() if other in before else (fixed[other],)
        if other in before and possible is not None:
            for value in values:
                if value not in possible:
                    raise SpecError(f"{where}: {other} is never {value!r}, only {list(possible)}")
