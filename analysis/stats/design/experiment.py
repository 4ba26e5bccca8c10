"""Whether runs are an experiment: planned before any result, and none ended because of one.

A search chooses its configurations by earlier results, or ends those that lag behind. What it has
finished is then a selection: of a bad level, only the lucky configurations are left. Pairs of such
runs find differences where there are none (in 15 % of 500 simulations, in place of 5 %, in which
the worst 30 % of an all-discrete random search were pruned, by
`python -m tests.analysis_tests.simulations`).
"""

from __future__ import annotations

import pandas as pd

from analysis.errors import AnalysisError
from analysis.records import CONFIRMED, State

_INSTEAD = (
    "so pairs of its runs are no fair comparison; give a grid with seeds, or confirm its leaders "
    "and compare them with --tuned"
)
_FRONTS = "; spikesweep fronts KIND=NAME… compares kinds of networks over several searches of each"


def require_experiment(runs: pd.DataFrame) -> None:
    """Check that no search chose or ended any of the runs by their results.

    Args:
        runs: As `load_runs` gives them, with those that are not done. Where no launch is recorded,
            only pruned runs tell of a search.

    Raises:
        AnalysisError: A search made some, or some were pruned.
    """
    for sweep, members in runs.groupby("sweep", sort=True):
        if method := _method(members):
            raise AnalysisError(
                f"{sweep} is a search, no experiment ({method}): it chose or ended runs by their "
                f"results, {_INSTEAD}{or_fronts(runs)}"
            )
        if pruned := _pruned(members):
            raise AnalysisError(
                f"{sweep} is no experiment: {pruned} of its {len(members)} runs were pruned for "
                f"their results, {_INSTEAD}{or_fronts(runs)}"
            )


def or_fronts(runs: pd.DataFrame) -> str:
    """What compares the kinds of several searches, to end a refusal; empty if there are no several.

    Args:
        runs: As `load_runs` gives them; those of a confirmation are of a search, too.
    """
    searches = {
        str(sweep).removesuffix(CONFIRMED)
        for sweep, members in runs.groupby("sweep")
        if str(sweep).endswith(CONFIRMED) or _method(members) or _pruned(members)
    }
    return _FRONTS if len(searches) > 1 else ""


def _method(runs: pd.DataFrame) -> str:
    """By which method a search chose or ended some of the runs; empty if none did."""
    if "searched_by" not in runs or not runs["searched_by"].notna().any():
        return ""
    return str(runs["searched_by"].dropna().iloc[0])


def _pruned(runs: pd.DataFrame) -> int:
    return int((runs["state"] == State.PRUNED).sum())
