"""The leaders of sweeps; of a search for several metrics, which of them are on its front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.data.origins.plans import directions_of
from analysis.data.standing.whole import whole_ones
from analysis.records import FRONT, PLACE
from analysis.report.tables import summarise
from analysis.stats.pareto import on_front

_DATA = "dataset"  # what is best on one says nothing of another


def leading(runs: pd.DataFrame, metrics: Sequence[str] = ()) -> pd.DataFrame:
    """The configurations, best mean validation accuracy first, as `summarise` gives them.

    If the runs are of a search for several metrics, it has these, too, and before them the column
    `front`: whether no other configuration dominates this one. `attrs["front"]` says it in words.
    A configuration of which a seed is not done is not on the front, unless none has all its seeds.

    Args:
        runs: As `load_runs` gives them.
        metrics: Beside the accuracies, such as those of `aims_of`.

    Raises:
        AnalysisError: No run is done, or one that is done lacks a metric.
    """
    directions = directions_of(runs)
    others = [name for name in directions if name != "val_accuracy"]
    table = summarise(runs, metrics=list(dict.fromkeys([*metrics, *others])))
    if directions:
        means = {f"{name}_mean": mode for name, mode in directions.items()}
        mark(table, means, whole_ones(table, runs))
    return table


def numbered(shown: pd.DataFrame) -> pd.DataFrame:
    """Leaders for people, with their places in the first column: `--leader` takes one by it.

    Args:
        shown: The first rows of `leading`, in its order, as text.
    """
    places = pd.Series(range(1, len(shown) + 1), index=shown.index, name=PLACE)
    return pd.concat([places, shown], axis="columns")


def mark(
    table: pd.DataFrame, directions: Mapping[str, str], compared: pd.DataFrame | None = None
) -> None:
    """Add the column `front` to configurations, and what it means to their `attrs`.

    Args:
        table: One row per configuration.
        directions: Columns without gaps, and whether `max` or `min` is better.
        compared: The rows that may be on the front; default: all.
    """
    compared = table if compared is None else compared
    apart = _DATA in table
    parts = [part for _, part in compared.groupby(_DATA)] if apart else [compared]
    members = pd.concat([on_front(part, directions) for part in parts])
    marks = members.reindex(table.index, fill_value=False)
    table.insert(min(map(list(table).index, directions)), FRONT, marks)
    metrics = " and ".join(
        f"{it.removesuffix('_mean')} ({mode})" for it, mode in directions.items()
    )
    of_same = f" of the same {_DATA}" if apart else ""
    table.attrs[FRONT] = (
        f"{FRONT}: true where no other configuration{of_same} is at least as good in "
        f"{metrics}, and better in one of them; {marks.sum()} of {len(table)} are on the front."
    )
