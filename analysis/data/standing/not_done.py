"""The configuration that still trains and is ahead of all that are done."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.data.standing.limits import breaks_by
from analysis.data.standing.whole import seeds_by_group
from analysis.records import State
from analysis.text.typeset import as_percent

_LATEST, _BEST = "val_accuracy", "best_val_accuracy"


@dataclass(frozen=True)
class Ahead:
    """A configuration without an end.

    Attributes:
        val_accuracy: The mean over its seeds at their latest epochs; of a seed that is done, that
            of its best epoch.
        seeds: How many it has: all that its sweep asks for.
        run_id: Of one of its runs that still train.
    """

    val_accuracy: float
    seeds: int
    run_id: str

    def __str__(self) -> str:
        """For people."""
        of = f", mean of {self.seeds} seeds" if self.seeds > 1 else ""
        accuracy = f"val_accuracy {as_percent(self.val_accuracy)} % at its latest epoch{of}"
        return f"ahead, not done yet: {accuracy} (MLflow run {self.run_id})"


def ahead_of_all_done(runs: pd.DataFrame) -> Ahead | None:
    """The best configuration that still trains, if it is ahead of all that are done; else None.

    It keeps the limits of its sweep, and each of its seeds has reported. Of what was ended early,
    nothing is ahead.
    """
    done, trains = runs["state"] == State.DONE, runs["state"] == State.RUNNING
    value, over = runs[_BEST].where(done, runs[_LATEST]), breaks_by(runs)
    if over is None or not trains.any():
        return None
    counts = value.notna() & (done | (trains & (over <= 0)))
    by_group = runs.assign(value=value, done=done, counts=counts).groupby("group_id")
    means, seeds = by_group["value"].mean(), seeds_by_group(runs)
    whole = by_group["done"].sum() >= seeds
    leads = ~whole & (by_group["counts"].sum() >= seeds) & ~(means <= means[whole].max())
    if not leads.any():
        return None
    members = runs[runs["group_id"] == means[leads].idxmax()]
    first = members[members["state"] == State.RUNNING].iloc[0]
    return Ahead(float(means[leads].max()), len(members), str(first["run_id"]))
