"""Runs by the groups of their test set: what a network reaches for each speaker that it hears.

Not to be confused with `blocks`: there, a param says which group is held out of the training.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from analysis.data.groups import done_runs
from analysis.data.labels import sort_key
from analysis.data.own_labels import keep_labels, kept_labels
from analysis.data.runs import METRICS, param_columns
from analysis.errors import AnalysisError
from analysis.records import State
from analysis.store.artifacts import GroupHits, NoGroupsError, hits_of


def by_group(
    runs: pd.DataFrame, hits: Callable[[str], GroupHits] = hits_of
) -> tuple[pd.DataFrame, str]:
    """The runs, finished ones with a row for each group of the test set, and what a group is.

    The group is a param of its own, named by its kind. `test_accuracy` is that of its samples. All
    other metrics are of all samples. Finished runs without groups are left out; unfinished ones
    stay as they are.

    Args:
        runs: As `load_runs` gives them.
        hits: What a run reached by group, by the id of the run.

    Raises:
        AnalysisError: No run is done, or none has groups, or they have groups of several kinds.
    """
    done = done_runs(runs, ["test_accuracy"])
    found = _found(done, hits)
    done = done[done["run_id"].isin(list(found))]
    kinds = sorted({each.kind for each in found.values()})
    if len(kinds) > 1 or kinds[0] in done:
        raise AnalysisError(f"the runs cannot be told apart by group: {', '.join(kinds)}")
    names = sorted({name for each in found.values() for name in each.hits}, key=sort_key)
    parts = [_of_group(done, kinds[0], name, found) for name in names]
    unfinished = runs[runs["state"] != State.DONE]
    parts += [] if unfinished.empty else [unfinished]
    columns = [name for name in runs if name not in METRICS]
    measured = [name for name in METRICS if name in runs]
    table: pd.DataFrame = pd.concat(parts, ignore_index=True)
    table = table[[*columns, kinds[0], *measured]]
    assert kinds[0] in param_columns(table)
    keep_labels(table, kept_labels(runs))
    return table, kinds[0]


def _found(done: pd.DataFrame, hits: Callable[[str], GroupHits]) -> dict[str, GroupHits]:
    found, lacking = dict[str, GroupHits](), list[AnalysisError]()
    for run_id in done["run_id"]:
        try:
            found[run_id] = hits(run_id)
        except AnalysisError as error:
            lacking.append(error)
    if found:
        return found
    if all(isinstance(error, NoGroupsError) for error in lacking):
        there = sorted({*done["dataset"].map(str)}) if "dataset" in done else ["the data set"]
        have = "has" if len(there) == 1 else "have"
        raise AnalysisError(
            f"{', '.join(there)} {have} no groups of test samples, such as speakers"
        )
    raise AnalysisError(
        "no accuracy by group: the test set has no groups, such as speakers, or the runs are "
        f"older than this or elsewhere ({lacking[0]})"
    )


def _of_group(
    done: pd.DataFrame, kind: str, name: str, found: dict[str, GroupHits]
) -> pd.DataFrame:
    part = done[[name in found[run_id].hits for run_id in done["run_id"]]]
    hits = [found[run_id].hits[name] for run_id in part["run_id"]]
    return part.assign(
        test_accuracy=[right / n for right, n in hits],
        group_id=part["group_id"] + f"-{name}",
        config_id=part["config_id"] + f"-{name}",
        **{kind: name},
    )
