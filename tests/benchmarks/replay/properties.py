"""What must be true of every sweep of ours, however it was searched.

`python -m tests.benchmarks.replay.properties digits` looks at 200 of them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

import pandas as pd
from optuna.trial import TrialState

from analysis.data.groups import best_run, group_runs
from analysis.data.runs import tidy
from analysis.records import KIND_TRIAL, State, Tag
from analysis.store.record import RunRecord
from snn.config import TrialConfig
from sweep.search.study import leaders
from tests.benchmarks.replay.clock import simulate
from tests.benchmarks.replay.contenders.ours import OurSearch
from tests.benchmarks.replay.tables import Table


def broken(search: OurSearch) -> list[str]:
    """What is wrong with what a simulated sweep would show; nothing, as it should be."""
    runs = tidy(_records(search))
    if not (runs["state"] == State.DONE).any():
        return []
    ranked = group_runs(runs, ["test_accuracy"])
    leading = leaders(search.study, search.sweep.directions)
    wrong = [
        f"{group} is ranked above whole ones with {n} of {len(search.sweep.seeds)} seeds"
        for group, n in ranked["n"].head(len(leading)).items()
        if n != len(search.sweep.seeds)
    ]
    pruned = {
        search.config(trial.params).group_id
        for trial in search.study.get_trials(states=[TrialState.PRUNED])
    }
    wrong += [f"{group} is ranked and was pruned" for group in ranked.index if group in pruned]
    wrong += [f"{group} leads the study only" for group in _names(search, leading, ranked)]
    metric = next(iter(search.sweep.directions))
    # Several can have exactly the same mean, as accuracies are counts of images.
    best = [search.config(each).group_id for each in leading if each[metric] == leading[0][metric]]
    if leading and best_run(runs)["group_id"] not in best:
        wrong.append(f"best is {ranked.index[0]}, and the study's best {best}")
    return wrong


def _names(search: OurSearch, leading: list[dict[str, Any]], ranked: pd.DataFrame) -> set[str]:
    """What is a leader in the study, and is not among as many of the first in the tables."""
    first = ranked.index[: len(leading)]
    return {search.config(each).group_id for each in leading} - set(first)


def _records(search: OurSearch) -> Iterator[RunRecord]:
    """The runs as they are logged."""
    for number, (run, wire) in enumerate(search.begun.items()):
        config, training = TrialConfig.parse(wire), run.training
        state = State.DONE if run.complete else State.PRUNED if run.over else State.RUNNING
        tags = {Tag.KIND: KIND_TRIAL, Tag.STATE: state}
        tags[Tag.SEEDS] = str(len(search.sweep.seeds))
        tags |= {Tag.CONFIG_ID: config.config_id, Tag.GROUP_ID: config.group_id}
        tags |= search.tags.get(config.config_id, {})
        metrics = training.result(run.epoch)
        if run.complete:
            metrics |= {f"best_{name}": training.best(name) for name in training.curves}
            metrics["test_accuracy"] = training.test_accuracy
        params = {key: str(value) for key, value in config.params().items()}
        yield RunRecord(
            run_id=f"{number:08}", sweep="replay", name="", status="FINISHED", start_ms=number,
            end_ms=number, params=params, tags=tags, metrics=metrics,
        )  # fmt: skip


def main() -> int:
    """Look at so many sweeps, with every scheduler that judges replicates."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.replay.properties")
    parser.add_argument("table")
    parser.add_argument("--sweeps", type=int, default=200)
    given = parser.parse_args()
    table, wrong = Table(given.table), 0
    for number in range(given.sweeps):
        scheduler = ("asha", "race", "promote")[number % 3]
        plan = {"seeds": [0, 1, 2], "scheduler": scheduler, "trials": 20}
        search = OurSearch(table, number, 4, plan)
        simulate(search, 4, epochs=300 if number % 4 > 1 else 100_000)  # some before their ends
        for line in broken(search):
            print(f"{scheduler}, seed {number}: {line}")
            wrong += 1
    print(f"{given.sweeps} sweeps, {wrong} mistakes")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
