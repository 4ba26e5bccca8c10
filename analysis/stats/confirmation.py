"""The accuracy of the leaders of a search, measured with fresh seeds.

The search's own figures of its leaders are too good, as it chose by them; those of the fresh seeds
are not. The leaders keep the order that the search gave them: to choose the best confirmed one
would be to choose by luck again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from analysis.data.groups import CHOSEN_BY, done_runs, group_runs, require_param, varying
from analysis.data.labelled import labelled
from analysis.data.own_labels import keep_labels, kept_labels
from analysis.data.standing.whole import whole_ones
from analysis.errors import AnalysisError
from analysis.records import FRONT, State
from analysis.stats.inference import student_interval
from analysis.stats.pareto import pareto_front
from analysis.text.typeset import as_number, as_percent, as_text, mean_text

_TEST = "test_accuracy"


def leading_runs(
    searched: pd.DataFrame,
    top: int,
    each: Sequence[str] = (),
    directions: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """One run of each of the best configurations by mean validation, the best first.

    >>> len(leading_runs(load_runs([committed("best/large-fashion")]), top=3))
    3

    Args:
        searched: The runs of the search.
        top: How many configurations.
        each: Params; so many for every combination of their values.
        directions: Metrics of the search with `max` or `min`. With several, the leaders are members
            of the Pareto front of what has all its seeds: the best, the cheapest and others evenly
            between.

    Raises:
        AnalysisError: No run is done, one that is done lacks an accuracy, or one of `each` is no
            param or does not vary.
    """
    done = done_runs(searched, (CHOSEN_BY,)).drop_duplicates("group_id").set_index("group_id")
    for name in each:
        require_param(searched, name)
        if searched[name].nunique(dropna=False) == 1:
            raise AnalysisError(f"each {name}: the runs have one value of it, not several")
    metrics = {f"best_{name}": direction for name, direction in directions.items()}
    ranked = group_runs(searched, list(metrics))
    means = {f"{name}_mean": direction for name, direction in metrics.items()}
    parts = [part for _, part in ranked.groupby(list(each), dropna=False)] if each else [ranked]
    if len(means) > 1:
        chosen = [_spread(pareto_front(whole_ones(part, searched), means), top) for part in parts]
    else:
        chosen = [part.head(top) for part in parts]
    leaders = pd.concat([part.index.to_series() for part in chosen])
    best = ranked.index[ranked.index.isin(leaders)]
    return [str(run_id) for run_id in done.loc[best, "run_id"]]


def leaderless(searched: pd.DataFrame, each: Sequence[str]) -> list[str]:
    """The combinations of these params that the search tried, but of which no run is done."""
    done = searched["state"] == State.DONE
    tried, finished = (
        {tuple(map(as_text, row)) for row in part[list(each)].itertuples(index=False)}
        for part in (searched, searched[done])
    )
    return [
        ", ".join(f"{name} {value}" for name, value in zip(each, values, strict=True))
        for values in sorted(tried - finished)
    ]


def _spread(front: pd.DataFrame, top: int) -> pd.DataFrame:
    """The first and the last of a front, and others evenly between."""
    evenly = np.linspace(0, len(front) - 1, min(top, len(front)))
    return front.iloc[evenly.round().astype(int)]


def confirmed(
    searched: pd.DataFrame,
    again: pd.DataFrame,
    origins: Mapping[str, str],
    costs: Sequence[str] = (),
) -> pd.DataFrame:
    """One row per confirmed configuration, in the order of the search, indexed by `group_id`.

    Columns: `rank` in the search; the params that vary; `n`, the fresh seeds that are done;
    `searched_val_accuracy`, the search's own figure; `val_accuracy_mean`, `test_accuracy_mean` and
    the means of the costs over the fresh seeds, each with the half-width of its 95 % interval
    (Student) in `…_half_width`, NaN when n is 1. Accuracies are fractions.

    >>> searched = load_runs([committed("best/large-fashion")])
    >>> again = load_runs([committed("best/large-fashion-confirm")])
    >>> leader = searched.set_index("run_id").loc[leading_runs(searched, top=1)]
    >>> origins = dict(zip(again["group_id"].unique(), leader["group_id"]))
    >>> confirmed(searched, again, origins)[["rank", "n"]].values.tolist()
    [[1, 5]]

    Args:
        searched: The runs of the search.
        again: Those of the confirmation.
        origins: The group of the search that each of its groups confirms: another where some keys
            were changed, such as the number of epochs.
        costs: Other metrics that the search was for, such as `synops_per_inference`.

    Raises:
        AnalysisError: Nothing is done yet.
    """
    claimed = group_runs(searched, ())[f"{CHOSEN_BY}_mean"]
    order = {group: rank for rank, group in enumerate(claimed.index, start=1)}
    ranks = {group: order[origin] for group, origin in origins.items()}
    groups = group_runs(again, (_TEST,))
    groups = groups.loc[sorted(groups.index, key=ranks.__getitem__)]
    params = list(groups.columns[: groups.columns.get_loc("n")])
    table = groups[[*varying(groups, params), "n"]].copy()
    table.insert(0, "rank", [ranks[group] for group in table.index])
    table["searched_val_accuracy"] = [claimed[origins[group]] for group in table.index]
    metrics = {CHOSEN_BY: "val_accuracy", _TEST: _TEST} | {f"best_{name}": name for name in costs}
    by_group = done_runs(again, list(metrics)).groupby("group_id")
    for metric, name in metrics.items():
        table[f"{name}_mean"] = by_group[metric].mean().loc[table.index]
        table[f"{name}_half_width"] = by_group[metric].agg(_half_width).loc[table.index]
    keep_labels(table, kept_labels(again))
    return table


def readable_confirmation(table: pd.DataFrame) -> pd.DataFrame:
    """The same for people: accuracies in percent, mean ± half-width of the interval.

    With the column `front`, if it was marked.
    """
    measured = [name.removesuffix("_mean") for name in map(str, table) if name.endswith("_mean")]
    first = table.columns.get_loc("searched_val_accuracy")
    shown = labelled(table).iloc[:, :first].map(as_text)
    shown["searched val (%)"] = table["searched_val_accuracy"].map(as_percent)
    if FRONT in table:
        shown[FRONT] = table[FRONT].map(as_text)
    for name in measured:
        cells = zip(table[f"{name}_mean"], table[f"{name}_half_width"], table["n"], strict=True)
        write, unit = (as_percent, " (%)") if "accuracy" in name else (as_number, "")
        shown[f"{name.replace('_', ' ')}{unit}"] = [
            mean_text(mean, half, n, write) for mean, half, n in cells
        ]
    return shown


def _half_width(values: pd.Series[float]) -> float:
    if len(values) < 2:
        return math.nan
    low, high = student_interval(np.asarray(values, dtype=np.float64))
    return (high - low) / 2
