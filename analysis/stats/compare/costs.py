"""Costs of an inference: their names, and round ones at which searches can be compared."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping

import pandas as pd

from analysis.data.groups import group_runs
from analysis.errors import AnalysisError
from analysis.records import ENERGY, SEARCHABLE
from analysis.text.plain import known_names

NAMES = (*(name for name in SEARCHABLE if name.endswith("_per_inference")), ENERGY)
"""Costs as a user names them."""

_ROUND = (1, 2, 5)  # times a power of ten
_MOST = 5


def cost_column(name: str) -> str:
    """The column of a cost that a user names: of the epoch that validation chose.

    >>> cost_column("synops_per_inference")
    'best_synops_per_inference'

    Raises:
        AnalysisError: It is no cost of an inference.
    """
    if name not in NAMES:
        raise AnalysisError(f"cost: {name!r} is none; {known_names(name, NAMES)}")
    return name if name == ENERGY else f"best_{name}"


def round_costs(kinds: Mapping[str, pd.DataFrame], cost: str) -> list[float]:
    """Round costs that every search has a configuration for, the five greatest at most.

    None is above what the most accurate configuration, by validation, costs in any search of some
    kind: more would not be spent there.

    >>> runs = [load_runs([committed(f"best/efficient-{kind}mnist")]) for kind in ("", "mlp-")]
    >>> round_costs(dict(zip(["spiking", "MLP"], runs)), "best_synops_per_inference")
    [200.0, 500.0, 1000.0, 2000.0, 5000.0]

    Args:
        kinds: The runs of the searches of each kind, as `load_runs` gives them.
        cost: Column of the runs.

    Raises:
        AnalysisError: There is no such cost, no run of a search is done, or one lacks the cost.
    """
    least, most = [], []
    for runs in kinds.values():
        costs = [
            group_runs(members, [cost])[f"{cost}_mean"] for _, members in runs.groupby("sweep")
        ]
        least += [of_search.min() for of_search in costs]
        most.append(max(of_search.iloc[0] for of_search in costs))  # the most accurate is first
    low, high = max(least), min(most)
    if not 0 < low <= high:
        name = cost.removeprefix("best_")
        raise AnalysisError(
            f"{name}: a search has nothing below {low:g}, and the most accurate of a kind costs "
            f"{high:g}; there is nothing to compare"
        )
    tens = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (part * 10.0**ten for ten, part in itertools.product(tens, _ROUND))
    return ([step for step in steps if low <= step <= high] or [high])[-_MOST:]
