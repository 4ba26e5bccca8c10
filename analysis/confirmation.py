"""The leaders of a search, trained again with fresh seeds: what they are worth.

The search's own figures of its leaders are too good, as it chose by them; those of the fresh seeds
are not. The leaders keep the order that the search gave them: to choose the best confirmed one
would be to choose by luck again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.groups import CHOSEN_BY, done_runs, group_runs, require_param, varying
from analysis.inference import student_interval
from analysis.typeset import as_text

_TEST = "test_accuracy"


def leading_runs(searched: pd.DataFrame, top: int, each: Sequence[str] = ()) -> list[str]:
    """One run of each of the best configurations by mean validation, the best first.

    Args:
        searched: The runs of the search.
        top: How many configurations.
        each: Params; so many for every combination of their values.

    Raises:
        AnalysisError: No run is done, one that is done lacks an accuracy, or a param is none.
    """
    done = done_runs(searched, (CHOSEN_BY,)).drop_duplicates("group_id").set_index("group_id")
    for name in each:
        require_param(searched, name)
    ranked = group_runs(searched, ())
    apart = ranked.groupby(list(each), dropna=False, sort=False) if each else ranked
    return [str(run_id) for run_id in done.loc[apart.head(top).index, "run_id"]]


def confirmed(searched: pd.DataFrame, again: pd.DataFrame) -> pd.DataFrame:
    """One row per confirmed configuration, in the order of the search, indexed by `group_id`.

    Columns: `rank` in the search; the params that vary; `n`, the fresh seeds that are done;
    `searched_val_accuracy`, the search's own figure; `val_accuracy_mean`, `test_accuracy_mean` over
    the fresh seeds with the half-width of their 95 % interval (Student) in `…_half_width`, NaN when
    n is 1. Accuracies are fractions.

    Args:
        searched: The runs of the search.
        again: Those of the confirmation, of configurations of the search only.

    Raises:
        AnalysisError: Nothing is done yet.
    """
    claimed = group_runs(searched, ())[f"{CHOSEN_BY}_mean"]
    ranks = {group: rank for rank, group in enumerate(claimed.index, start=1)}
    groups = group_runs(again, (_TEST,))
    groups = groups.loc[sorted(groups.index, key=ranks.__getitem__)]
    params = list(groups.columns[: groups.columns.get_loc("n")])
    table = groups[[*varying(groups, params), "n"]].copy()
    table.insert(0, "rank", [ranks[group] for group in table.index])
    table["searched_val_accuracy"] = claimed.loc[table.index]
    by_group = done_runs(again, (CHOSEN_BY, _TEST)).groupby("group_id")
    for metric, name in ((CHOSEN_BY, "val_accuracy"), (_TEST, _TEST)):
        table[f"{name}_mean"] = by_group[metric].mean().loc[table.index]
        table[f"{name}_half_width"] = by_group[metric].agg(_half_width).loc[table.index]
    return table


def readable_confirmation(table: pd.DataFrame) -> pd.DataFrame:
    """The same for people: accuracies in percent, mean ± half-width of the interval."""
    statistics = [name for name in table.columns if "accuracy" in name]
    shown = table.drop(columns=statistics).map(as_text)
    shown["searched val (%)"] = [f"{100 * value:.2f}" for value in table["searched_val_accuracy"]]
    for name in ("val_accuracy", "test_accuracy"):
        cells = zip(table[f"{name}_mean"], table[f"{name}_half_width"], strict=True)
        shown[f"{name.replace('_', ' ')} (%)"] = [
            f"{100 * mean:.2f}" + ("" if math.isnan(half) else f" ± {100 * half:.2f}")
            for mean, half in cells
        ]
    return shown


def _half_width(values: pd.Series[float]) -> float:
    if len(values) < 2:
        return math.nan
    low, high = student_interval(np.asarray(values, dtype=np.float64))
    return (high - low) / 2
