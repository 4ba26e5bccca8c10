"""The trials of a study as records of runs, for figures: known while MLflow is away, too."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from analysis.records import KIND_TRIAL, Tag
from analysis.store.record import RunRecord
from sweep.search.identity import CONFIG, OUTCOME

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

_SEED = f"{OUTCOME}:"


def as_records(trials: Iterable[FrozenTrial]) -> list[RunRecord]:
    """The seeds that have ended; the time of each is the begin of its trial."""
    return [record for trial in trials for record in _records(trial)]


def _records(trial: FrozenTrial) -> Iterator[RunRecord]:
    params = json.loads(trial.user_attrs.get(CONFIG, "{}"))
    for name, value in trial.user_attrs.items():
        if name.startswith(_SEED):
            seed = name.removeprefix(_SEED)
            yield _record(trial, {**params, "seed": seed}, json.loads(value))


def _record(trial: FrozenTrial, params: dict[str, Any], outcome: dict[str, Any]) -> RunRecord:
    group = f"{trial.number:06}"
    start = trial.datetime_start
    begun_ms = int(start.timestamp() * 1000) if start else 0
    return RunRecord(
        run_id=f"{group}-{params['seed']}",
        sweep="",
        name="",
        status="FINISHED",
        start_ms=begun_ms,
        end_ms=begun_ms,
        params={key: str(value) for key, value in params.items()},
        tags={
            Tag.KIND: KIND_TRIAL,
            Tag.CONFIG_ID: f"{group}-{params['seed']}",
            Tag.GROUP_ID: group,
            Tag.STATE: outcome["state"],
        },
        metrics=outcome["metrics"],
    )
