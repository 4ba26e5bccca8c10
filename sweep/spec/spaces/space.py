"""The search space of a sweep: parameters with ranges, some only under a condition."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sweep.errors import SpecError
from sweep.spec.yaml.repeats import hashable

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

_LONGEST_GRID = 100_000  # points; more could be neither listed nor trained
_OTHER = object()  # stands for all values of a parameter that no condition names
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
        value = trial.suggest_float(self.name, self.low, self.high, step=self.step, log=self.log)
        return value if self.step is None else self._nearest(value)

    def count(self) -> int | None:
        """Number of values; None when they are infinitely many."""
        if self.choices:
            return len(self.choices)
        return None if self.step is None else steps_between(self.low, self.high, self.step) + 1

    def values(self) -> tuple[Any, ...] | None:
        """All values in order; None when they are infinitely many."""
        if self.choices:
            return self.choices
        if self.step is None:
            return None
        count = steps_between(self.low, self.high, self.step) + 1
        return tuple(stepped(self.low, i, self.step) for i in range(count))

    def takes(self, value: Any) -> bool:
        """Whether the parameter can have a value."""
        if self.choices:
            return hashable(value) in self._choices
        if not isinstance(value, int | float) or not self.low <= value <= self.high:
            return False
        return self.step is None or value == self._nearest(value)

    def label(self, value: Any) -> Any:
        """The value that Optuna stores for this one: it takes only simple types."""
        if not self.choices:
            return value
        return self._labels[hashable(value)]

    def samples(self) -> tuple[Any, ...]:
        """The values that show whether all are allowed: the choices, or the ends of a range.

        Of a continuous range also a value within, to see whether fractions are allowed.
        """
        if self.choices:
            return self.choices
        if self.integer:
            return int(self.low), int(self.high)
        return self.low, self.low + (self.high - self.low) / math.pi, self.high

    def ends(self) -> tuple[Any, ...]:
        """The choices, or the first and the last value of a range."""
        count = self.count()
        if self.choices or count is None:
            return self.choices or (self.samples()[0], self.samples()[-1])
        assert self.step is not None
        return self.low, stepped(self.low, count - 1, self.step)

    def describe(self) -> str:
        """The range in words."""
        if self.choices:
            text = ", ".join(_as_yaml(choice) for choice in self._by_label)
        else:
            text = f"{_number(self.low)} … {_number(self.high)}"
            text += f" in steps of {_number(self.step)}" if self.step and self.step != 1 else ""
            text += " (logarithmic)" if self.log else ""
        conditions = (f"{k} is {' or '.join(map(_as_yaml, v))}" for k, v in self.when.items())
        return " if ".join([text, *([" and ".join(conditions)] if self.when else [])])

    def _nearest(self, value: float) -> float:
        assert self.step is not None
        return stepped(self.low, round((value - self.low) / self.step), self.step)

    def admitted(self, other: str, value: Any) -> bool:
        """Whether `when` names this value of another parameter."""
        return hashable(value) in self._conditions[other]

    @cached_property
    def _by_label(self) -> dict[Any, Any]:
        simple = (bool, int, float, str, type(None))
        return {c if isinstance(c, simple) else json.dumps(c): c for c in self.choices}

    @cached_property
    def _labels(self) -> dict[Hashable, Any]:
        return {hashable(choice): label for label, choice in self._by_label.items()}

    @cached_property
    def _choices(self) -> frozenset[Hashable]:
        return frozenset(map(hashable, self.choices))

    @cached_property
    def _conditions(self) -> dict[str, frozenset[Hashable]]:
        return {other: frozenset(map(hashable, values)) for other, values in self.when.items()}


def _as_yaml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


def steps_between(low: float, high: float, step: float) -> int:
    """Whole steps that fit into a range, in exact decimals."""
    return (Fraction(str(high)) - Fraction(str(low))) // Fraction(str(step))


def stepped(low: float, index: int, step: float) -> float:
    """A value of a stepped range as people write it: 0.1, 0.2, 0.3, not 0.30000000000000004."""
    if isinstance(low, int) and isinstance(step, int):
        return low + index * step
    return float(Fraction(str(low)) + index * Fraction(str(step)))


@dataclass(frozen=True)
class Space:
    """All dimensions in order; `fixed` are the values of the keys that are not searched."""

    parameters: tuple[Parameter, ...]
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def suggest(self, trial: BaseTrial) -> Assignment:
        """Ask Optuna for a point, parameter by parameter, without those that have no effect."""
        assignment: Assignment = {}
        for parameter in self.parameters:
            if self._used(parameter, assignment):
                assignment[parameter.name] = parameter.suggest(trial)
        return assignment

    def grid(self) -> list[Assignment]:
        """All points in order, the first parameter slowest.

        Raises:
            SpecError: A parameter has infinitely many values, or the points are too many to list.
        """
        for parameter in self.parameters:
            if parameter.count() is None:
                raise SpecError(
                    f"search.{parameter.name}: a grid of it is infinite; a grid takes lists, "
                    "whole numbers and floats with a step"
                )
        size = self._count(0, {})
        if size > _LONGEST_GRID:
            raise SpecError(
                f"search: a grid of {size:,} points; at most {_LONGEST_GRID:,} are allowed: take "
                "larger steps or another sampler"
            )
        return list(self._points(0, {}))

    def size(self) -> int | None:
        """Number of points; None when they are infinitely many."""
        if any(parameter.count() is None for parameter in self.parameters):
            return None
        return self._count(0, {})

    def only(self, names: Collection[str]) -> Space:
        """The space of some parameters alone."""
        return Space(tuple(p for p in self.parameters if p.name in names), self.fixed)

    def covering(self) -> list[Assignment]:
        """A few points of the space: every parameter takes all its choices, or the ends of a range.

        The others have their first value, or one under which the parameter is used.
        """
        points = [self._point({})]
        for parameter in self.parameters:
            points += [self._point(self._used_with(parameter, v)) for v in parameter.ends()]
        return [point for n, point in enumerate(points) if point not in points[:n]]

    def _point(self, wanted: Assignment) -> Assignment:
        point: Assignment = {}
        for parameter in self.parameters:
            if self._used(parameter, point):
                point[parameter.name] = wanted.get(parameter.name, parameter.ends()[0])
        return point

    def _used_with(self, parameter: Parameter, value: Any) -> Assignment:
        """A value of a parameter, and values of others under which it is used."""
        wanted: Assignment = {parameter.name: value}
        for other in self.parameters:
            admitted = filter(other.takes, parameter.when.get(other.name, ()))
            for first in itertools.islice(admitted, 1):
                wanted = self._used_with(other, first) | wanted
        return wanted

    def takes(self, assignment: Assignment) -> bool:
        """Whether a point lies in the space: it has exactly the parameters that are used."""
        used = [p for p in self.parameters if self._used(p, assignment)]
        return assignment.keys() == {p.name for p in used} and all(
            parameter.takes(assignment[parameter.name]) for parameter in used
        )

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

    def _count(self, index: int, assignment: Assignment) -> int:
        """Points from a parameter on, without listing them: there may be billions."""
        if index == len(self.parameters):
            return 1
        parameter = self.parameters[index]
        if not self._used(parameter, assignment):
            return self._count(index + 1, assignment)
        named: dict[Hashable, Any] = {}
        for later in self.parameters[index + 1 :]:
            for value in later.when.get(parameter.name, ()):
                if parameter.takes(value):
                    named.setdefault(hashable(value), value)
        total = parameter.count()
        assert total is not None, "an infinite space is not counted"
        cases = [*((value, 1) for value in named.values()), (_OTHER, total - len(named))]
        return sum(
            times * self._count(index + 1, {**assignment, parameter.name: value})
            for value, times in cases
            if times
        )

    def _used(self, parameter: Parameter, assignment: Assignment) -> bool:
        known = {**self.fixed, **assignment}
        searched = {p.name for p in self.parameters}
        return all(
            parameter.admitted(name, known.get(name))
            and (name in assignment or name not in searched)
            for name in parameter.when
        )
