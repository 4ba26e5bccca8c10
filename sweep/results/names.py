"""Whether the name of a sweep belongs to another specification already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analysis.text.plain import brief
from snn.config import ExecutionConfig
from sweep.errors import SpecError
from sweep.host.paths import launches, storage_root
from sweep.results.half_renamed import refuse_half_renamed
from sweep.run.confirmation import launched
from sweep.spec.specification import Specification
from sweep.spec.yaml.files import read

_PARTS = ("base", "search", "points", "plugins", "metric")
_MOST = 4  # differences that are told


def refuse_taken(sweep: Specification) -> None:
    """Check that a new launch has the configurations of the earlier ones of its name.

    Else their runs would stand in one experiment and in one table, as if they were of one search.
    More trials, other seeds, another sampler or scheduler are the same sweep.

    Raises:
        SpecError: It has others, and one line says in what they differ; or it was half renamed.
    """
    refuse_half_renamed(sweep.name)
    root = storage_root()
    here = [paths for paths in launches(root, sweep.name) if paths.spec.exists()]
    if here:
        earlier, now = read(here[-1].spec.read_text(encoding="utf-8"), sweep.name), sweep.to_yaml()
        where = f"launch {here[-1].launch} in {root / sweep.name}"
    else:
        earlier, now = _logged(sweep.name), sweep.to_log()
        where = "its experiment in MLflow"
    if not earlier:
        return
    found = list(_differences(earlier, read(now, sweep.name)))
    if found:
        more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
        raise SpecError(
            f"name: {sweep.name!r} belongs to another specification ({where}): "
            f"{', '.join(found[:_MOST])}{more}; take another name (--new-name NAME), or add these "
            "runs to that sweep all the same (--join; in Python: run(join=True))"
        )


def _logged(name: str) -> Mapping[str, Any]:
    """The specification of the latest launch in MLflow; empty if MLflow cannot be asked now."""
    try:
        return launched(name)
    except Exception:  # MLflow, databases and networks raise errors of many kinds
        return {}


def _differences(earlier: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """The keys whose values differ, with both; those that only say how to compute are left out."""
    for part in _PARTS:
        before, after = earlier.get(part), now.get(part)
        if before == after:
            continue
        if part not in ("base", "search"):
            yield part
            continue
        before, after = before or {}, after or {}
        for key in dict.fromkeys([*before, *after]):
            if before.get(key) != after.get(key) and key not in ExecutionConfig.model_fields:
                yield f"{part}.{key} was {_told(before, key)} and is {_told(after, key)}"


def _told(values: Mapping[str, Any], key: str) -> str:
    return brief(values[key]) if key in values else "not given"
