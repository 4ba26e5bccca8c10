"""Which params of a table have the value that they have when nobody gives one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def changed_first(summary: pd.DataFrame) -> pd.DataFrame:
    """The summary with the params that are the same in all rows taken apart.

    `attrs["constant"]` keeps those that somebody has set to another value than their default, and
    those of which no default is known; `attrs["by_default"]` gets the others.

    Args:
        summary: As `analysis.report.tables.summarise` gives it.
    """
    same: Mapping[str, str] = summary.attrs.get("constant", {})
    usual = by_default(same)
    changed = {name: text for name, text in same.items() if name not in usual}
    told = summary.copy()
    told.attrs = {**summary.attrs, "constant": changed, "by_default": usual}
    return told


def by_default(params: Mapping[str, str]) -> dict[str, str]:
    """Those of some params, as text, that have the value that they have when nobody gives one."""
    defaults = _defaults(params.get("preset", ""))
    return {name: text for name, text in params.items() if defaults.get(name) == text}


def _defaults(preset: str) -> dict[str, str]:
    """The defaults of a run as text, those of a preset if it has a known one."""
    from analysis.text.typeset import as_text
    from snn.config import TrialConfig
    from snn.errors import ConfigError

    fields = TrialConfig.model_fields
    plain = {name: each.default for name, each in fields.items() if name != "hidden"}
    try:
        values = plain | TrialConfig.parse({"preset": preset} if preset else {}).params()
    except ConfigError:  # the preset of another version
        values = plain
    values["preset"] = plain["preset"]
    return {name: "none" if value is None else as_text(value) for name, value in values.items()}
