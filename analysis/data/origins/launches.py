"""The launches of sweeps: what was run, when, with what, where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import pandas as pd

from analysis.records import DESIGN_SAMPLERS, NO_PRUNING, State, Tag
from analysis.store.record import RunRecord

_TAGS = {
    "ended": Tag.ENDED,
    "spec": Tag.SPEC,
    "versions": Tag.VERSIONS,
    "machine": Tag.MACHINE,
    "code": Tag.GIT_SHA,
}
_PARAMS = ("sampler", "scheduler", "metric", "seeds")


class Maker(NamedTuple):
    """What made a trial.

    Attributes:
        searched_by: The method that chose or ended it by results, in words; None if it was planned
            before any result, or if that was not recorded.
        launched: Start of the first launch that finished it, ms since 1970; None if not recorded.
    """

    searched_by: str | None = None
    launched: int | None = None


def makers_of(records: Iterable[RunRecord]) -> dict[str, Maker]:
    """What made the finished trials, by `config_id`.

    A configuration that a search tried and a design asked for as well was planned.
    """
    records = list(records)
    launches = {record.run_id: record for record in records if not record.is_trial}
    found: dict[str, list[RunRecord]] = {}
    for record in records:
        launch = launches.get(record.tags.get(Tag.PARENT, ""))
        if launch is not None and record.is_trial and record.state == State.DONE:
            found.setdefault(record.tags.get(Tag.CONFIG_ID, record.run_id), []).append(launch)
    makers = {}
    for config_id, made in found.items():
        methods = [_searched_by(launch) for launch in made]
        searched = None if None in methods else methods[0]
        makers[config_id] = Maker(searched, min(launch.start_ms for launch in made))
    return makers


def _searched_by(launch: RunRecord) -> str | None:
    sampler, scheduler = (launch.params.get(kind, "") for kind in ("sampler", "scheduler"))
    methods = []
    if sampler and sampler not in DESIGN_SAMPLERS:
        methods.append(f"sampler {sampler}")
    if scheduler and scheduler != NO_PRUNING:
        methods.append(f"scheduler {scheduler}")
    return ", ".join(methods) or None


def launches_of(records: Iterable[RunRecord]) -> pd.DataFrame:
    """One row per parent run, the first launched first.

    Columns: `sweep`, `run_id`, `launch` (its name), `state`, `started` (UTC), `hours` (missing
    while it runs), `sampler`, `scheduler`, `metric`, `seeds`, and `ended` (which rule ended
    the search), `spec`, `versions`, `machine`, `code`: text, empty where it was not recorded.
    """
    rows = [_row(record) for record in records if not record.is_trial]
    columns = ["sweep", "run_id", "launch", "state", "started", "hours", *_PARAMS, *_TAGS]
    table = pd.DataFrame(rows, columns=columns)
    table["started"] = pd.to_datetime(table["started"], unit="ms", utc=True)
    return table.sort_values(["started", "run_id"], ignore_index=True)


def provenance_of(records: Iterable[RunRecord]) -> pd.DataFrame:
    """Where the trials ran, with which data and code: one row per combination.

    A trial that was reused ran elsewhere: it counts there, if that is among the records.

    Columns: `sweep`, `dataset`, `data_sha256`, `code`, `node`, `backend`: text; `trials`: count.
    """
    records = list(records)
    known = {record.run_id for record in records}
    keys = ["sweep", "dataset", "data_sha256", "code", "node", "backend"]
    rows = [
        (
            record.sweep,
            record.params.get("dataset", ""),
            *_tags(record, (Tag.DATA_SHA256, Tag.GIT_SHA, Tag.NODE, Tag.BACKEND)),
        )
        for record in records
        if record.is_trial and record.tags.get(Tag.REUSED_FROM) not in known
    ]
    table = pd.DataFrame(rows, columns=keys)
    return table.groupby(keys).size().rename("trials").reset_index()


def _row(record: RunRecord) -> dict[str, Any]:
    hours = None if record.end_ms is None else (record.end_ms - record.start_ms) / 3_600_000
    return {
        "sweep": record.sweep,
        "run_id": record.run_id,
        "launch": record.name,
        "state": record.state,
        "started": record.start_ms,
        "hours": hours,
        **{name: record.params.get(name, "") for name in _PARAMS},
        **dict(zip(_TAGS, _tags(record, tuple(_TAGS.values())), strict=True)),
    }


def _tags(record: RunRecord, names: Sequence[str]) -> list[str]:
    return [record.tags.get(name, "") for name in names]
