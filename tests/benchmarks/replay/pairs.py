"""How far one contender is ahead of others: differences of searches with the same seed.

Searches with the same seed have the same recorded trainings, so a lucky split is lucky for both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t

from tests.benchmarks.replay.summary import Line, found_at


@dataclass(frozen=True)
class Difference:
    """The mean of the first minus the second, in points.

    Attributes:
        mean: Over the pairs; NaN if there is none.
        half_width: Of its 95 % interval by Student's t; NaN if there are fewer than two pairs.
        pairs: In which both searches had named something.
        searches: Pairs in all.
    """

    mean: float
    half_width: float
    pairs: int
    searches: int

    def __str__(self) -> str:
        if self.pairs < 2:
            return "–"
        part = "" if self.pairs == self.searches else f" ({self.pairs})"
        return f"{self.mean:.2f} ± {self.half_width:.2f}{part}"


def difference(lines: Sequence[Line], first: str, second: str, epochs: int) -> Difference:
    """The difference of two contenders after so many epochs, over searches that spent them."""
    one, other = ({line["seed"]: line for line in lines if line["contender"] == name}
                  for name in (first, second))  # fmt: skip
    shared = [s for s in one if s in other and epochs <= min(one[s]["spent"], other[s]["spent"])]
    both = np.array([[found_at(epochs, each[seed]) for each in (one, other)] for seed in shared])
    points = 100 * (both[:, 0] - both[:, 1]) if shared else np.array([])
    points = points[~np.isnan(points)]
    n = len(points)
    spread = t.ppf(0.975, n - 1) * points.std(ddof=1) / math.sqrt(n) if n > 1 else math.nan
    return Difference(float(points.mean()) if n else math.nan, float(spread), n, len(shared))


def pair_rows(
    lines: Sequence[Line], first: str, others: Sequence[str], budgets: Sequence[int]
) -> list[list[str]]:
    """A table: the head, then a row for each of the others; all that there are if none is given.

    A number in brackets says in how many searches both had named something, if not in all.
    """
    names = list(dict.fromkeys(line["contender"] for line in lines))
    table = [[f"{first}, ahead of", "searches", *(f"after {b} epochs (points)" for b in budgets)]]
    for name in others or [name for name in names if name != first]:
        found = [difference(lines, first, name, budget) for budget in budgets]
        table.append([name, str(found[0].searches), *map(str, found)])
    return table
