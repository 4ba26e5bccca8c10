"""The search space of a sweep: parameters with ranges, some only under a condition."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sweep.errors import SpecError
from sweep.spec.spaces.parameter import Parameter
from sweep.spec.yaml.repeats import hashable

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

_LONGEST_GRID = 100_000  # points; more could be neither listed nor trained
_OTHER = object()  # stands for all values of a parameter that no condition names
Assignment = dict[str, Any]


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

    def cases(self, names: Collection[str]) -> Iterator[tuple[Assignment, set[str]]]:
        """Every combination of the values of some parameters; with the parameters that it uses.

        Of other parameters, on which conditions depend, it has one value for each condition.
        """
        named = {other for parameter in self.parameters for other in parameter.when}
        chosen = [p for p in self.parameters if p.name in {*names, *named}]
        for case in self._cases(chosen, names, {}):
            yield case, {p.name for p in self.parameters if self._used(p, case)}

    def _cases(
        self, left: Sequence[Parameter], names: Collection[str], assignment: Assignment
    ) -> Iterator[Assignment]:
        if not left:
            yield assignment
            return
        parameter, *later = left
        values: Iterable[Any] = ()
        if self._used(parameter, assignment):
            every = parameter.name in names and parameter.values()
            values = every or self._representatives(parameter)
        else:
            yield from self._cases(later, names, assignment)
        for value in values:
            yield from self._cases(later, names, {**assignment, parameter.name: value})

    def _representatives(self, parameter: Parameter) -> list[Any]:
        """The values of a parameter that conditions name, and another one if there is any."""
        named = [
            value
            for later in self.parameters
            for value in later.when.get(parameter.name, ())
            if parameter.takes(value)
        ]
        known = set(map(hashable, named))
        others = (v for v in parameter.some(len(known) + 1) if hashable(v) not in known)
        return [*named, *itertools.islice(others, 1)]

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
