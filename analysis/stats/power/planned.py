"""What every comparison of a design can find, before any of its runs is made.

The planned runs are paired as their results would be (`analysis.stats.pairing`), so that the
numbers of configurations and seeds are those of the later tests, and what `effects` would refuse is
named.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import pandas as pd

from analysis.data.groups import groups_within
from analysis.data.labels import CHANGE
from analysis.errors import AnalysisError
from analysis.stats.design.changes import by_change
from analysis.stats.design.looks import ALPHA
from analysis.stats.pairing.factors import comparisons
from analysis.stats.pairing.matching import Matching
from analysis.stats.pairing.pairs import Pairs, require_replicates
from analysis.stats.power.designs import smallest_effect

COLUMNS = ("factor", "baseline", "level", "n_configurations", "n_seeds", "smallest")


def planned_power(
    planned: pd.DataFrame, noise: float, metric: str = "test_accuracy"
) -> pd.DataFrame:
    """One row per comparison: the smallest difference that it finds with a power of 80 %.

    Columns: `COLUMNS`; `smallest`, in the unit of the noise, at the p-value of Holm's correction at
    its strictest, if the effect is the same in all configurations. `attrs["refused"]`: factor → why
    nothing can be told of it.

    Args:
        planned: As `load_runs` gives runs; the values of the metric do not matter.
        noise: The standard deviation between the seeds of a configuration.
        metric: A column that the runs have.
    """
    matching = Matching(planned, metric)
    found, refused = list[Pairs](), dict[str, str]()
    for factor in matching.factors:
        for levels in comparisons(planned, factor):
            try:
                pairs = matching.pair(factor, *levels)
                require_replicates(pairs)
                found.append(pairs)
            except AnalysisError as error:
                refused.setdefault(factor, str(error).removeprefix(f"{factor}: "))
    return _table(found, noise, refused)


def planned_changes(
    planned: pd.DataFrame,
    noise: float,
    networks: Sequence[str],
    within: Sequence[str] = (),
    metric: str = "test_accuracy",
) -> pd.DataFrame:
    """One row per change of a baseline, as of `planned_power`; `n_configurations` are networks.

    The seeds are the sample, as in `effects --changes`: their differences are means over networks.

    Args:
        planned: As `load_runs` gives runs; the values of the metric do not matter.
        noise: The standard deviation between the seeds of a configuration.
        networks: Params that make the networks in which the changes are tried.
        within: Params whose values are looked at apart.
        metric: A column that the runs have.

    Raises:
        AnalysisError: The runs do not change a baseline.
    """
    found = list[Pairs]()
    changed = by_change(planned, networks, within)
    for _, members in groups_within(changed, within):
        matching = Matching(members, metric, blocked=True)
        for levels in comparisons(members, CHANGE):
            pairs = matching.pair(CHANGE, *levels)
            require_replicates(pairs)
            found.append(pairs)
    return _table(found, noise, {})


def _table(found: Sequence[Pairs], noise: float, refused: Mapping[str, str]) -> pd.DataFrame:
    level = ALPHA / max(1, len(found))

    @cache
    def smallest(n_units: int, n_seeds: int) -> float:
        return smallest_effect(n_units, n_seeds, level=level)

    def of(pairs: Pairs) -> float:
        if pairs.blocked:  # the mean over n networks is as one with a noise of 1/√n
            return smallest(1, pairs.n_seeds) / math.sqrt(pairs.n_configurations)
        return smallest(pairs.n_configurations, pairs.n_seeds)

    rows: list[dict[str, Any]] = [
        {
            "factor": pairs.factor,
            "baseline": pairs.baseline,
            "level": pairs.level,
            "n_configurations": pairs.n_configurations,
            "n_seeds": pairs.n_seeds,
            "smallest": noise * of(pairs),
        }
        for pairs in found
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table.attrs["refused"] = refused
    return table
