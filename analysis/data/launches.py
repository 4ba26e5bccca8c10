"""The launches of sweeps: what was run, when, with what, where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from analysis.records import Tag
from analysis.store.record import RunRecord

_TAGS = {
    "ended": Tag.ENDED,
    "spec": Tag.SPEC,
    "versions": Tag.VERSIONS,
    "machine": Tag.MACHINE,
    "code": Tag.GIT_SHA,
}
_PARAMS = ("sampler", "scheduler", "metric", "seeds")


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

    Columns: `sweep`, `dataset`, `data_sha256`, `code`, `node`, `backend`: text; `trials`: count.
    """
    keys = ["sweep", "dataset", "data_sha256", "code", "node", "backend"]
    rows = [
        (
            record.sweep,
            record.params.get("dataset", ""),
            *_tags(record, (Tag.DATA_SHA256, Tag.GIT_SHA, Tag.NODE, Tag.BACKEND)),
        )
        for record in records
        if record.is_trial
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
