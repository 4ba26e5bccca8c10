"""The ids of a run in the store where it was trained, and in a store that imported it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from analysis.records import Tag
from analysis.store.record import RunRecord

_RUN_NAME = "mlflow.runName"


def origin(run: RunRecord) -> str:
    """The id of a run where it was trained."""
    return run.tags.get(Tag.IMPORTED_FROM, run.run_id)


def as_trained(run: RunRecord, origins: Mapping[str, str]) -> RunRecord:
    """A run of this store with the ids of the store where it was trained; `origins` by ids here."""
    tags, home = dict(run.tags), origin(run)
    if tags.pop(Tag.IMPORTED_FROM, None) and Tag.TRIAL in tags:
        tags[Tag.TRIAL] = tags[Tag.TRIAL].removesuffix(f"@{home}")
    if Tag.PARENT in tags:
        tags[Tag.PARENT] = origins.get(tags[Tag.PARENT], tags[Tag.PARENT])
    return replace(run, run_id=home, tags=tags)


def as_imported(run: RunRecord, ids: Mapping[str, str]) -> RunRecord:
    """A run of another store, tagged for this one; `ids` of this store by ids of the other."""
    tags = {**run.tags, Tag.IMPORTED_FROM: run.run_id, _RUN_NAME: run.name}
    if (
        Tag.TRIAL in tags
    ):  # a launch of this folder may have the same name, and would take it for its own
        tags[Tag.TRIAL] += f"@{run.run_id}"
    if Tag.PARENT in tags:
        tags[Tag.PARENT] = ids.get(tags[Tag.PARENT], tags[Tag.PARENT])
    return replace(run, tags=tags)
