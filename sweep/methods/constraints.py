"""Limits on what a network may cost: no configuration that breaks one may lead a sweep."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_FORM = re.compile(r"\s*(<=|>=)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*")
FORMS = "'<= 5000' or '>= 0.9'"


@dataclass(frozen=True)
class Constraint:
    """A limit on a metric, allowed itself.

    Attributes:
        metric: Its name.
        at_most: Whether the limit is an upper one.
        limit: In the unit of the metric.
    """

    metric: str
    at_most: bool
    limit: float

    @classmethod
    def parse(cls, metric: str, text: str) -> Constraint:
        """Read one as a specification has it.

        Raises:
            ValueError: It is none; what is allowed, in one line.
        """
        found = _FORM.fullmatch(text)
        if not found:
            raise ValueError(f"needs a limit such as {FORMS}")
        return cls(metric, found[1] == "<=", float(found[2]))

    def excess(self, value: float) -> float:
        """By how much a value breaks the limit; 0 or less: it does not. Unknown values do."""
        if math.isnan(value):
            return math.inf
        return value - self.limit if self.at_most else self.limit - value

    def __str__(self) -> str:
        return f"{self.metric} {'<=' if self.at_most else '>='} {self.limit:g}"


def violation(constraints: Iterable[Constraint], metrics: Mapping[str, float]) -> float:
    """The sum of what is broken, each in relation to its limit; 0: nothing is."""
    return sum(
        max(0.0, one.excess(metrics.get(one.metric, math.nan))) / (abs(one.limit) or 1.0)
        for one in constraints
    )
