"""The leaders of a sweep trained again with fresh seeds: run, and put into a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from analysis.data.runs import load_runs
from analysis.report.front import mark
from analysis.stats import confirmation
from analysis.text.plain import counted
from sweep.run import launch, runner
from sweep.run.confirmation import confirmation as plan
from sweep.run.confirmation import searched_each, searched_for
from sweep.spec.fresh_seeds import check_fresh, fresh_seeds
from sweep.spec.sections.confirm import Confirm
from sweep.spec.specification import Specification

if TYPE_CHECKING:
    from rich.console import Console

    from sweep.run.driver import Result as Ended


@dataclass(frozen=True)
class Confirmed:
    """How a confirmation ended.

    Attributes:
        sweep: Its plan: a sweep of its own, with points in the place of a search.
        each: Keys; every combination of their values has leaders of its own.
        ended: How its launch ended.
        table: One row per leader, as `analysis.confirmed` gives it, with the column `front` if the
            search had several metrics; None unless all was logged and a trial is done.
    """

    sweep: Specification
    each: Sequence[str]
    ended: Ended
    table: pd.DataFrame | None


def wants_confirmation(sweep: Specification, ended: Ended) -> bool:
    """Whether the leaders are to be confirmed after a launch that ended so."""
    cut_off = ended.halted or ended.interrupted or ended.undelivered
    return sweep.confirm is not None and not cut_off and bool(ended.leaders)


def run_confirmation(
    name: str, wanted: Confirm, each: Sequence[str], address: str | None, console: Console
) -> Confirmed:
    """Run the confirmation of a sweep, or go on with it.

    Args:
        name: Of the sweep.
        wanted: How many leaders, which seeds, and which keys have another value than in the search.
        each: Keys; so many leaders for every combination of their values; none: those of its
            specification.
        address: Of a Ray cluster.
        console: Where progress goes.

    Raises:
        AnalysisError, SnnError, SweepError: What was asked for is wrong, or the world is not ready.
    """
    searched = load_runs([name])
    each = each or searched_each(name)
    used = {int(seed) for seed in searched["seed"]}
    seeds = list(wanted.seeds or fresh_seeds(used))
    check_fresh(seeds, used, "seeds")
    directions = searched_for(name)
    leaders = confirmation.leading_runs(searched, wanted.top, each, directions)
    for values in confirmation.leaderless(searched, each):
        console.print(f"no leader of {values}: none of its trials is done")
    sweep = plan(name, leaders, seeds, wanted.base)
    some = counted(len(leaders), "leader")
    console.print(
        f"{sweep.name}: {some} of {name} × {len(sweep.seeds)} fresh seeds{wanted.changes}"
    )
    ended = runner.run(sweep, console, resume=launch.is_latest(sweep), address=address)
    cut_off = ended.undelivered or ended.halted or ended.interrupted
    if cut_off or not ended.progress.done:
        return Confirmed(sweep, each, ended, None)
    of_plan = {config.config_id for config in sweep.configs()}
    found = load_runs([sweep.name])  # earlier confirmations are there, too
    leading = searched.set_index("run_id")["group_id"].loc[leaders]
    origins = dict(zip(sweep.groups(), leading, strict=True))
    costs = [metric for metric in directions if metric != "val_accuracy"]
    again = found[found["config_id"].isin(of_plan)]
    table = confirmation.confirmed(searched, again, origins, costs)
    if len(directions) > 1:
        mark(table, {f"{metric}_mean": mode for metric, mode in directions.items()})
    return Confirmed(sweep, each, ended, table)
