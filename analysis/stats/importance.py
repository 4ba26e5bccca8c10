"""Which params matter: the share of the variance of a metric that each explains.

Functional analysis of variance on random forests: Hutter, Hoos & Leyton-Brown, "An efficient
approach for assessing hyperparameter importance", 2014, as Optuna computes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.data.groups import CHOSEN_BY, looks_logarithmic, measured_groups, param_names, varying
from analysis.data.labels import constants
from analysis.errors import AnalysisError
from analysis.text.plain import counted

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution

FEWEST = 10
"""Configurations under which nothing is said: a forest of fewer explains chance."""

_FORESTS, _TREES = 10, 16
_MOST = 150  # configurations that a forest sees: its time grows with their square


def importance(runs: pd.DataFrame, metric: str = CHOSEN_BY) -> pd.DataFrame:
    """One row per param that varies, the most important first.

    Columns: `param`; `importance`, the share of the variance of the metric between configurations
    (each the mean over its seeds) that the param explains alone, the mean of ten forests; `low` and
    `high`, the least and the greatest of them. What is missing to 1 are interactions. A param that
    has no effect in some configurations is left out: the method needs all params everywhere.
    `attrs`: `metric`, `constant`, `n_configurations` and `notes`, for the figure.

    >>> importance(load_runs([committed("published-fashion")]))["param"].tolist()
    ['preset', 'dynamics', 'recurrent', 'encoding', 'hidden']

    Raises:
        AnalysisError: no run is finished, none has the metric, there are fewer than ten
            configurations, or nothing varies.
    """
    groups, left_out = measured_groups(runs, metric)
    if len(groups) < FEWEST:
        raise AnalysisError(
            f"the importance of params needs {FEWEST} finished configurations, not {len(groups)}"
        )
    varied = varying(groups, param_names(groups))
    params = [name for name in varied if groups[name].notna().all()]
    _require_variance(groups, params, metric)
    forests = _forests(groups[params], groups[f"{metric}_mean"])
    table = pd.DataFrame(
        {
            "param": params,
            "importance": forests.mean().to_numpy(),
            "low": forests.min().to_numpy(),
            "high": forests.max().to_numpy(),
        }
    )
    conditional = [name for name in varied if name not in params]
    table = table.sort_values("importance", ascending=False, kind="stable", ignore_index=True)
    table.attrs = {
        "metric": metric,
        "constant": constants(groups),
        "n_configurations": len(groups),
        "notes": [*_notes(len(groups), conditional), *left_out],
    }
    return table


def _require_variance(groups: pd.DataFrame, params: Sequence[str], metric: str) -> None:
    if not params or groups[f"{metric}_mean"].nunique() == 1:
        what = f"the {metric} is the same for all" if params else "no param of all of them varies"
        there = counted(len(groups), "configuration")
        raise AnalysisError(f"nothing to explain in {there}: {what}")


def _notes(n_configurations: int, conditional: Sequence[str]) -> list[str]:
    return [
        f"fANOVA of {n_configurations} configurations, main effects: interactions are the rest",
        *([f"each forest of {_MOST} of them, at random"] if n_configurations > _MOST else []),
        f"error bars: lowest to highest of {_FORESTS} forests, not the chance of the data",
        *([f"left out, for it is not in all: {', '.join(conditional)}"] if conditional else []),
    ]


def _forests(params: pd.DataFrame, values: pd.Series[float]) -> pd.DataFrame:
    """Importances (forests, params)."""
    from optuna.importance import FanovaImportanceEvaluator

    rows = []
    for seed in range(_FORESTS):
        seen = params.sample(min(_MOST, len(params)), random_state=seed)
        study = _study(seen, values[seen.index])
        rows.append(FanovaImportanceEvaluator(n_trees=_TREES, seed=seed).evaluate(study))
    return pd.DataFrame(rows)[list(params.columns)]


def _study(params: pd.DataFrame, values: pd.Series[float]) -> Study:
    import optuna

    told = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # it greets every new study
    try:
        study = optuna.create_study(direction="maximize")
    finally:
        optuna.logging.set_verbosity(told)
    plain = params.apply(_plain)
    distributions = {str(name): _distribution(plain[name].tolist()) for name in plain}
    for row, value in zip(plain.to_dict("records"), values, strict=True):
        trial = optuna.create_trial(
            params={str(name): x for name, x in row.items()},
            distributions=distributions,
            value=float(value),
        )
        study.add_trial(trial)
    return study


def _plain(column: pd.Series[Any]) -> pd.Series[Any]:
    """The logarithm of what was searched on its scale: the evaluator knows only linear ones."""
    if looks_logarithmic(column):
        return pd.Series(np.log10(column.astype("float64")), dtype="object")
    return column.astype("object")


def _distribution(values: Sequence[Any]) -> BaseDistribution:
    from optuna import distributions

    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return distributions.FloatDistribution(min(values), max(values))
    return distributions.CategoricalDistribution(list(dict.fromkeys(sorted(values, key=str))))
