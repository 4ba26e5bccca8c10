"""One dimension of a search space: a choice, or a range of numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sweep.spec.yaml.repeats import hashable

if TYPE_CHECKING:
    from optuna.trial import BaseTrial


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

    def some(self, most: int) -> tuple[Any, ...]:
        """Some of its values, at least so many if it has as many."""
        if self.choices or self.step is None:
            parts = most + 1
            between = (self.low + (self.high - self.low) * i / parts for i in range(parts + 1))
            return self.choices or tuple(between)
        count = min(most, steps_between(self.low, self.high, self.step) + 1)
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
            text = ", ".join(as_yaml(choice) for choice in self._by_label)
        else:
            text = f"{_number(self.low)} … {_number(self.high)}"
            text += f" in steps of {_number(self.step)}" if self.step and self.step != 1 else ""
            text += " (logarithmic)" if self.log else ""
        conditions = (f"{k} is {' or '.join(map(as_yaml, v))}" for k, v in self.when.items())
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


def as_yaml(value: Any) -> str:
    """A value as a specification has it."""
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
