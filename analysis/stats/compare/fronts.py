"""What searches reach at the same cost, compared over several searches of each kind.

A search is the unit: what it found depends on its sampler's seed and on the seeds of its trainings.
For a cost of at most C it names the configuration that validation chooses among its own that cost
no more, a step of its front. The test set chooses nothing, so the test metric of that configuration
is not too good. Kinds are compared by the mean over their searches, at each cost with Welch's t
interval: ȳ₂ − ȳ₁ ± t(ν)·√(s₁²/n₁ + s₂²/n₂), ν by Satterthwaite.

Source: Welch, "The generalization of Student's problem when several different population variances
are involved", Biometrika 34, 1947.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.data.groups import CHOSEN_BY, group_runs
from analysis.errors import AnalysisError
from analysis.stats.correction import holm
from analysis.stats.intervals import CONFIDENCE

COST = "best_synops_per_inference"
COLUMNS = (
    "cost",
    "at_most",
    "baseline",
    "level",
    "n_baseline",
    "n_level",
    "mean_baseline",
    "mean_level",
    "estimate",
    "low",
    "high",
    "p_holm",
)


def reached(
    runs: pd.DataFrame,
    at_most: Sequence[float],
    metric: str = "test_accuracy",
    cost: str = COST,
) -> pd.DataFrame:
    """The metric that each search reaches for each cost: a row per search, a column per cost.

    >>> runs = load_runs([committed("best/efficient-mnist"), committed("best/efficient-mlp-mnist")])
    >>> reached(runs, [1_000, 8_000]).round(3).to_dict("index")["efficient-mnist"]
    {1000: 0.891, 8000: 0.961}

    Args:
        runs: Of searches, as `load_runs` gives them; each sweep is one.
        at_most: Costs, in units of `cost`.
        metric: Column of the runs; of several seeds the mean.
        cost: Column of the runs; of several seeds the mean.

    Raises:
        AnalysisError: No run of a search is done, one that is done lacks a metric, or none costs so
            little.
    """
    rows = {}
    for search, members in runs.groupby("sweep"):
        groups = group_runs(members, [metric, cost])
        rows[search] = [_best(groups, str(search), bound, metric, cost) for bound in at_most]
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(at_most))


def at_equal_cost(
    kinds: Mapping[str, pd.DataFrame],
    at_most: Sequence[float],
    metric: str = "test_accuracy",
    cost: str = COST,
) -> pd.DataFrame:
    """What kinds of networks reach at the same cost, each beside the first: a row each.

    Columns: `COLUMNS`. `n_…` are searches, `mean_…` the means over them; `estimate` is the mean of
    the level less that of the baseline, with its 95 % interval over searches; `p_holm` is corrected
    over all rows.

    Args:
        kinds: The runs of the searches of each kind by its name; the first is the baseline.
        at_most: Costs, in units of `cost`.
        metric: As of `reached`.
        cost: As of `reached`.

    Raises:
        AnalysisError: As of `reached`, or a kind has one search.
    """
    found = {kind: reached(runs, at_most, metric, cost) for kind, runs in kinds.items()}
    for kind, values in found.items():
        if len(values) < 2:
            raise AnalysisError(
                f"{kind} has {len(values)} search; an interval over searches needs 2, better 3, "
                "with other seeds of the sampler and of the trainings"
            )
    baseline, *levels = found
    rows = [
        {"cost": cost, "at_most": bound, "baseline": baseline, "level": level}
        | _difference(found[baseline][bound].to_numpy(), found[level][bound].to_numpy())
        for bound in at_most
        for level in levels
    ]
    table = pd.DataFrame(rows)
    table["p_holm"] = holm(table.pop("p"))
    return table[list(COLUMNS)]


def _best(groups: pd.DataFrame, search: str, bound: float, metric: str, cost: str) -> float:
    """The metric of the configuration that validation chooses for at most this cost."""
    affordable = groups[groups[f"{cost}_mean"] <= bound]
    if affordable.empty:
        least = groups[f"{cost}_mean"].min()
        raise AnalysisError(f"{search} has nothing for {bound:g} of {cost}; its least is {least:g}")
    chosen = int(affordable[f"{CHOSEN_BY}_mean"].to_numpy().argmax())
    return float(affordable[f"{metric}_mean"].to_numpy()[chosen])


def _difference(baseline: NDArray[np.float64], level: NDArray[np.float64]) -> dict[str, Any]:
    from scipy.special import stdtr, stdtrit  # scipy.stats takes ten times as long to import

    parts = [sample.var(ddof=1) / len(sample) for sample in (baseline, level)]
    estimate, error = level.mean() - baseline.mean(), math.sqrt(sum(parts))
    freedom = sum(
        part**2 / (len(sample) - 1) for part, sample in zip(parts, (baseline, level), strict=True)
    )
    freedom = sum(parts) ** 2 / freedom if error else math.inf
    half = stdtrit(freedom, (1 + CONFIDENCE) / 2) * error
    return {
        "n_baseline": len(baseline),
        "n_level": len(level),
        "mean_baseline": baseline.mean(),
        "mean_level": level.mean(),
        "estimate": estimate,
        "low": estimate - half,
        "high": estimate + half,
        "p": 2 * stdtr(freedom, -abs(estimate) / error) if error else float(not estimate),
    }
