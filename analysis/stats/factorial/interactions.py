"""Two-way interactions: whether the effect of a factor depends on another, by a linear model.

Ordinary least squares on the means over seeds, one row per configuration. The error is what main
effects and two-way interactions leave: seed noise, and interactions of more factors. Assumes that
it is normal and of equal size everywhere, and that the configurations are those of a grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.regression.linear_model import OLS  # statsmodels.api takes a second to import
from statsmodels.tools import add_constant

from analysis.data.groups import group_runs
from analysis.errors import AnalysisError
from analysis.stats.correction import holm
from analysis.stats.design.experiment import require_experiment
from analysis.stats.pairing.factors import NOT_FACTORS, comparisons, free_params
from analysis.text.typeset import as_text

COLUMNS = (
    "factor",
    "baseline",
    "level",
    "by",
    "by_baseline",
    "by_level",
    "estimate",
    "low",
    "high",
    "p",
    "p_holm",
)

_CONFIDENCE = 0.95


def interactions(
    runs: pd.DataFrame, factors: Sequence[str] = (), metric: str = "test_accuracy"
) -> pd.DataFrame:
    """How much the effect of one factor changes with another: a row per two levels of two factors.

    `estimate` is the difference of differences: the effect of `factor` (from `baseline` to `level`)
    where `by` is at `by_level`, minus that where it is at `by_baseline`; in units of the metric,
    with the 95 % interval of Student's t, `p`, and `p_holm`, corrected over all rows.
    `attrs`: `n_configurations`, `df` of the error, `r_squared`, `left_out`: factors that do not
    exist in some configurations.

    >>> runs = load_runs([committed("published-fashion")])
    >>> len(interactions(runs, ["dynamics", "encoding"]))
    1

    Raises:
        AnalysisError: A search chose or pruned some of the runs. Or there are not two factors that
            vary, or not enough configurations to tell their interactions from the error.
    """
    require_experiment(runs)
    groups = group_runs(runs, [metric])
    if "dynamics" in groups:  # the baseline that does not spike has hardly a factor in common
        groups = groups[groups["dynamics"] != "mlp"]
    wanted = list(factors) or free_params(runs[runs["group_id"].isin(groups.index)])
    complete, left_out = _factors(groups, wanted)
    columns = {name: _columns(groups, name) for name in complete}
    mains = pd.concat(columns.values(), axis="columns")
    products, rows = _products(columns)
    design = add_constant(pd.concat([mains, products], axis="columns"))
    _require_estimable(design)
    model = OLS(groups[f"{metric}_mean"].to_numpy(), design.to_numpy()).fit()
    table = pd.DataFrame(rows)
    first = 1 + mains.shape[1]
    table["estimate"] = model.params[first:]
    table[["low", "high"]] = model.conf_int(1 - _CONFIDENCE)[first:]
    table["p"] = model.pvalues[first:]
    table["p_holm"] = holm(table["p"])
    table.attrs |= {
        "metric": metric,
        "n_configurations": len(groups),
        "df": int(model.df_resid),
        "r_squared": float(model.rsquared),
        "left_out": left_out,
    }
    return table[list(COLUMNS)]


def _factors(groups: pd.DataFrame, wanted: Sequence[str]) -> tuple[list[str], list[str]]:
    """Those that vary and exist in all configurations, and those that vary but do not."""
    varying = [name for name in wanted if name in groups and groups[name].nunique() > 1]
    complete = [name for name in varying if groups[name].notna().all()]
    if sum(name not in NOT_FACTORS for name in complete) < 2:
        raise AnalysisError(
            "interactions need two factors that vary and exist in all finished runs"
        )
    return complete, [name for name in varying if name not in complete]


def _columns(groups: pd.DataFrame, factor: str) -> pd.DataFrame:
    """One column per level but the baseline: 1 there and 0 elsewhere, less the mean over levels.

    So a main effect is that at the mean of the other factors, and the coefficient of a product is
    the plain difference of differences.
    """
    texts = groups[factor].map(as_text)
    levels = comparisons(groups, factor)
    share = 1 / (1 + len(levels))
    return pd.DataFrame(
        {(factor, *pair): texts.eq(pair[1]).astype(float) - share for pair in levels}
    )


def _products(columns: dict[str, pd.DataFrame]) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    products: list[pd.Series[float]] = []
    rows: list[dict[str, Any]] = []
    for one, other in combinations(columns.values(), 2):
        for first, second in product(one.columns.tolist(), other.columns.tolist()):
            products.append(one[first] * other[second])
            rows.append(dict(zip(COLUMNS, (*first, *second), strict=False)))
    return pd.concat(products, axis="columns"), rows


def _require_estimable(design: pd.DataFrame) -> None:
    n, k = design.shape
    if n <= k:
        raise AnalysisError(
            f"interactions: {n} configurations cannot tell {k} coefficients from the error; "
            "name fewer factors, or run more configurations"
        )
    if np.linalg.matrix_rank(design.to_numpy()) < k:
        raise AnalysisError(
            "interactions: some combinations of levels were never run, so that not all can be "
            "estimated; name fewer factors"
        )
