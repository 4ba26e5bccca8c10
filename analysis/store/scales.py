"""Which params were searched by their logarithm, as the specifications of their sweeps say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from analysis.records import Tag
from analysis.store.record import RunRecord

_NUMBERS = ("int", "float", "uniform", "loguniform")


def scales_of(records: Iterable[RunRecord]) -> dict[str, bool]:
    """Whether each searched number was searched by its logarithm, in any of the sweeps."""
    found: dict[str, bool] = {}
    for spec in {record.tags.get(Tag.SPEC, "") for record in records if not record.is_trial}:
        for param, how in _search(spec).items():
            if isinstance(how, Mapping) and not how.keys().isdisjoint(_NUMBERS):
                log = "loguniform" in how or how.get("log") is True
                found[str(param)] = log or found.get(str(param), False)
    return found


def _search(spec: str) -> Mapping[Any, Any]:
    """The section `search` of a specification, which anybody may have written."""
    try:
        told = yaml.safe_load(spec) if spec else None
    except (yaml.YAMLError, RecursionError, ValueError):
        return {}
    search = told.get("search") if isinstance(told, dict) else None
    return search if isinstance(search, dict) else {}
