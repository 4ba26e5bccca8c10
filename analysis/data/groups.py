"""Means over the seeds of a configuration: all tables and figures start from these."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import pandas as pd

from analysis.data.energy import why_unknown
from analysis.data.labels import value_labels
from analysis.data.origins.plans import searched_by_log
from analysis.data.runs import METRICS, STATES, param_columns
from analysis.data.standing.limits import none_keeps_the_limits
from analysis.data.standing.not_done import ahead_of_all_done
from analysis.data.standing.whole import partial_groups
from analysis.errors import AnalysisError
from analysis.records import (
    CONDITIONAL,
    CONDITIONS,
    CONFIRMED,
    ENERGY,
    EPOCH_METRICS,
    FACTORS,
    FINAL_METRICS,
    MIN,
    State,
)
from analysis.text.plain import did_you_mean, known_names
from analysis.text.typeset import as_text

CHOSEN_BY = "best_val_accuracy"
"""What decides which configuration is better. Nothing ever selects on the test set."""

COSTS = frozenset(
    name
    for name, direction in {**EPOCH_METRICS, **FINAL_METRICS, ENERGY: MIN}.items()
    if direction == MIN
)
"""The metrics of which less is better."""

BASELINE = "mlp"
"""The dynamics of the network that does not spike."""

_DECADES = 30  # from the least to the greatest value of a logarithmic param, at least


def group_runs(runs: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """One row per configuration over the seeds that are done, best mean validation first.

    A configuration of which a seed was pruned, failed, still runs or has not begun comes after all
    that are whole: what was ended early is never ranked above what was finished.

    Indexed by `group_id`. Columns: the params but the seed, `n` (seeds), and for `CHOSEN_BY` and
    every metric `METRIC_mean` and `METRIC_std` (sample standard deviation; NaN when n is 1).

    >>> groups = group_runs(load_runs([committed("published-fashion")]), ["test_accuracy"])
    >>> len(groups), groups["n"].unique().tolist()
    (32, [3])

    Raises:
        AnalysisError: no run is done, or one that is done lacks a metric.
    """
    wanted = list(dict.fromkeys([CHOSEN_BY, *metrics]))
    # The order of the rows must not show in the last digit of a mean.
    done = done_runs(runs, wanted).sort_values("config_id")
    params = sorted((name for name in param_columns(runs) if name != "seed"), key=_place)
    by_group = done.groupby("group_id")
    parts: list[pd.DataFrame | pd.Series[Any]] = [by_group[params].first()]
    parts.append(by_group.size().rename("n"))
    for metric in wanted:
        parts.append(by_group[metric].mean().rename(f"{metric}_mean"))
        parts.append(by_group[metric].std(ddof=1).rename(f"{metric}_std"))
    groups = pd.concat(parts, axis="columns").sort_index()
    groups = groups.sort_values(f"{CHOSEN_BY}_mean", ascending=False, kind="stable")
    partly = groups.index.isin(partial_groups(runs))
    return pd.concat([groups[~partly], groups[partly]])


def measured_groups(
    runs: pd.DataFrame, *metrics: str, drawn: Collection[str] = ()
) -> tuple[pd.DataFrame, list[str]]:
    """The configurations that have these metrics, as `group_runs` gives them, and what is left out.

    Runs in one of the states `drawn` are not counted as left out: the figure draws them itself.

    Raises:
        AnalysisError: no run is finished, or none has one of the metrics.
    """
    done = runs["state"] == State.DONE
    lacking = pd.Series(False, index=runs.index)
    notes = []
    for metric in metrics:
        if metric in runs and not runs.loc[done, metric].isna().all():
            without = done & runs[metric].isna() & ~lacking
            lacking |= without
            if without.any():
                notes.append(f"{without.sum()} finished without {metric}")
    groups = group_runs(runs[~lacking], metrics)
    others = runs.loc[~done & ~runs["state"].isin([*drawn]), "state"].value_counts()
    notes += [f"{count} {state}" for state, count in sorted(others.items())]
    return groups, [f"not shown: {', '.join(notes)}"] if notes else []


def param_names(groups: pd.DataFrame) -> list[str]:
    """The params among the columns of configurations."""
    return list(groups.columns[: groups.columns.get_loc("n")])


def varying(groups: pd.DataFrame, params: Sequence[str]) -> list[str]:
    """Those of the params that tell the configurations apart.

    A param that is missing in some rows only because it has no effect there does not vary; nor does
    one that only follows from others by its default.
    """
    params = [name for name in params if not follows(groups, name)]
    names = [name for name in params if levels(groups, name) > 1]
    if groups.duplicated(names).any() if names else len(groups) > 1:
        names = [name for name in params if groups[name].nunique(dropna=False) > 1]
    return names


def levels(groups: pd.DataFrame, param: str) -> int:
    """How many values of a param tell configurations apart.

    Where a param is missing, it has no effect. Only `network` is missing for another reason: the
    network is one of ours. That counts as a value.
    """
    return int(groups[param].nunique(dropna=param != "network"))


def follows(table: pd.DataFrame, param: str) -> bool:
    """Whether the params that a default depends on determine this param.

    The published LIF and ALIF, for example, differ in their thresholds: that is part of what they
    are, and tells no two configurations apart.
    """
    if param not in CONDITIONAL:
        return False
    conditions = [name for name in CONDITIONS if name in table and table[name].nunique() > 1]
    if not conditions:
        return False
    by_condition = table.groupby(conditions, dropna=False)[param]
    return bool((by_condition.nunique(dropna=False) <= 1).all())


def require_param(runs: pd.DataFrame, name: str) -> None:
    """Check that the runs have a param of this name.

    Raises:
        AnalysisError: they have none; the text names those that vary.
    """
    params = [param for param in param_columns(runs) if param != "seed"]  # seeds are averaged over
    if name not in params:
        known = varying(runs.drop_duplicates("group_id"), params)
        hint = did_you_mean(name, params, f"those that vary: {', '.join(known)}")
        raise AnalysisError(f"the runs have no param {name!r}; {hint}")


def groups_within(runs: pd.DataFrame, within: Sequence[str]) -> Iterator[tuple[str, pd.DataFrame]]:
    """The runs apart by the values of these params, each part with a name for readers.

    Raises:
        AnalysisError: The runs have no such param.
    """
    for name in within:
        require_param(runs, name)
    if not within:
        yield "", runs
        return
    for _, members in runs.groupby(list(within), dropna=False):
        values: dict[Any, Any] = members.iloc[0].to_dict()
        yield ", ".join(value_labels(values, within)), members


def looks_logarithmic(values: pd.Series[Any]) -> bool:
    """Whether a param was probably searched on a logarithmic scale: fractions over decades."""
    if not pd.api.types.is_float_dtype(values.dtype) or not (values.dropna() > 0).all():
        return False
    return bool(values.max() / values.min() >= _DECADES)


def is_published(runs: pd.DataFrame) -> bool:
    """Whether there are runs of the published model, of which alone there are published claims."""
    return "preset" in runs and bool((runs["preset"] == "published").any())


def confirmations(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs that train leaders of a search again with fresh seeds, where that is here, too."""
    names = set(runs["sweep"])
    again = {name for name in names if name.removesuffix(CONFIRMED) in names - {name}}
    return runs[runs["sweep"].isin(again)]


def without_confirmations(runs: pd.DataFrame) -> pd.DataFrame:
    """All other runs."""
    return runs.drop(confirmations(runs).index)


def is_number(column: pd.Series[Any]) -> bool:
    """Whether a param has a scale, rather than categories."""
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def is_logarithmic(runs: pd.DataFrame, param: str) -> bool:
    """Whether an axis of this param is logarithmic: numbers over 0 that were searched so.

    Where no specification was recorded, or it does not search the param, the values tell.
    """
    values = runs[param].dropna()
    if values.empty or not is_number(values) or not (values > 0).all():
        return False
    told = searched_by_log(runs, param)
    return looks_logarithmic(values) if told is None else told


def _place(param: str) -> tuple[int, str]:
    return (FACTORS.index(param) if param in FACTORS else len(FACTORS), param)


def done_runs(runs: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """The runs that are done, which have all of the metrics.

    Raises:
        AnalysisError: There is none, or one of them lacks a metric.
    """
    for metric in metrics:
        if metric not in METRICS or metric not in runs:
            known = [name for name in METRICS if name in runs and runs[name].notna().any()]
            raise AnalysisError(f"the runs have no metric {metric!r}; {known_names(metric, known)}")
    done = runs[runs["state"] == State.DONE]
    if done.empty:
        raise AnalysisError(none_keeps_the_limits(runs) or _nothing_yet(runs))
    for metric in metrics:
        lacking = done[done[metric].isna()]
        if not lacking.empty:
            first = lacking.iloc[0]
            why = f": {why_unknown(first)}" if metric == ENERGY else ""
            raise AnalysisError(
                f"{len(lacking)} of {len(done)} finished runs have no {metric}, "
                f"the first is {first['run_id']}{why}"
            )
    return done


def _nothing_yet(runs: pd.DataFrame) -> str:
    counts = {state: int((runs["state"] == state).sum()) for state in STATES}
    standing = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    ahead = ahead_of_all_done(runs)
    best = f"; {ahead}" if ahead else ""
    goes_on = runs.empty or runs["state"].isin([State.RUNNING, State.INTERRUPTED]).any()
    finished = "nothing finished yet" if goes_on else "nothing finished"
    return f"{finished}: {standing or 'no trials'}{best}"


def best_run(runs: pd.DataFrame, leader: int | None = None) -> pd.Series[Any]:
    """The run with the best validation accuracy within the best configuration, or another one.

    Args:
        runs: As `load_runs` gives them.
        leader: The place of the configuration in `group_runs`, from 1; None: the first. All tables
            of leaders have that order.

    Raises:
        AnalysisError: No run is done, one that is done lacks an accuracy, or there are fewer
            configurations.
    """
    groups = group_runs(runs, ["test_accuracy"]).index
    place = 1 if leader is None else leader
    if type(place) is not int or not 1 <= place <= len(groups):
        told = "there is 1 leader" if len(groups) == 1 else f"there are {len(groups)} leaders"
        raise AnalysisError(f"leader {leader}: {told}, counted from 1")
    members = runs[(runs["group_id"] == groups[place - 1]) & (runs["state"] == State.DONE)]
    best: pd.Series[Any] = members.loc[members[CHOSEN_BY].idxmax()]
    return best


def leader_numbers(runs: pd.DataFrame) -> dict[str, int]:
    """The places of all configurations among the leaders, from 1, by `group_id`.

    Raises:
        AnalysisError: No run is done.
    """
    return {group: at for at, group in enumerate(group_runs(runs, [CHOSEN_BY]).index, start=1)}


def spiking(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of our networks that spike; what a user's own network does is not known."""
    if "dynamics" not in runs:
        return runs.iloc[:0]
    ours = runs.dropna(subset="dynamics")
    return ours[ours["dynamics"] != BASELINE]


def several_values(runs: pd.DataFrame, params: Sequence[str]) -> list[str]:
    """Those of the params that the runs have with more than one value."""
    return [
        name
        for name in params
        if name in runs and len({*map(as_text, runs[name].dropna().unique())}) > 1
    ]
