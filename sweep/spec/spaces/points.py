"""Configurations that are listed by the user, instead of a search space.

Optuna knows each of them as one value of a single categorical parameter.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sweep.spec.spaces.parameter import Parameter
from sweep.spec.spaces.space import Assignment

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

_NAME = "point"


@dataclass(frozen=True)
class Points:
    """A list of configurations, with the methods of a `Space`; `fixed` are the other keys."""

    points: tuple[Mapping[str, Any], ...]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()  # none that could be searched

    def suggest(self, trial: BaseTrial) -> Assignment:
        """Ask Optuna for one of them."""
        by_label = {_label(point): point for point in self.points}
        return dict(by_label[trial.suggest_categorical(_NAME, list(by_label))])

    def grid(self) -> list[Assignment]:
        """All of them, in order."""
        return [dict(point) for point in self.points]

    def covering(self) -> list[Assignment]:
        """All of them."""
        return self.grid()

    def cases(self, names: Collection[str]) -> Iterator[tuple[Assignment, set[str]]]:
        """All of them, whatever the names; each with its keys."""
        for point in self.points:
            yield dict(point), set(point)

    def size(self) -> int:
        """How many there are."""
        return len(self.points)

    def takes(self, assignment: Assignment) -> bool:
        """Whether a configuration is one of them."""
        return assignment in self.grid()

    def to_optuna_params(self, assignment: Assignment) -> dict[str, Any]:
        """One of them as Optuna knows it, for `enqueue_trial`."""
        return {_NAME: _label(assignment)}

    def describe(self) -> list[tuple[str, str]]:
        """Numbers and values in words."""
        return [
            (f"{_NAME} {number}", ", ".join(f"{key}={value}" for key, value in point.items()))
            for number, point in enumerate(self.points, start=1)
        ]


def _label(point: Mapping[str, Any]) -> str:
    return json.dumps(point, sort_keys=True)
