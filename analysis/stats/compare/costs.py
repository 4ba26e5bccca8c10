"""Costs of an inference: their names, and round ones at which searches can be compared."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping

import numpy as np
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
    """Round costs that every search has a configuration for, five at most.

    None is above what the most accurate configuration, by validation, costs in any search: more was
    spent nowhere with profit.

    >>> runs = [load_runs([committed(f"best/efficient-{kind}mnist")]) for kind in ("", "mlp-")]
    >>> round_costs(dict(zip(["spiking", "MLP"], runs)), "best_synops_per_inference")
    [500.0, 1000.0, 2000.0, 5000.0, 10000.0]

    Args:
        kinds: The runs of the searches of each kind, as `load_runs` gives them.
        cost: Column of the runs.

    Raises:
        AnalysisError: There is no such cost, no run of a search is done, or one lacks the cost.
    """
    costs = [
        group_runs(members, [cost])[f"{cost}_mean"]
        for runs in kinds.values()
        for _, members in runs.groupby("sweep")
    ]
    low = max(of_search.min() for of_search in costs)
    high = max(of_search.iloc[0] for of_search in costs)  # the most accurate is the first
    if not 0 < low <= high:
        raise AnalysisError(
            f"{cost.removeprefix('best_')}: a search has nothing below {low:g}, and no search is "
            f"most accurate above {high:g}; there is nothing to compare"
        )
    tens = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (part * 10.0**ten for ten, part in itertools.product(tens, _ROUND))
    inner = [step for step in steps if low <= step <= high] or [float(high)]
    places = np.linspace(0, len(inner) - 1, min(_MOST, len(inner)))
    return [inner[place] for place in places.round().astype(int)]
