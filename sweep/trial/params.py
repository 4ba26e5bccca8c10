"""A configuration as MLflow stores it: texts by key."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from snn.config import TrialConfig
from snn.errors import ConfigError


def differences(stored: Mapping[str, Any], config: TrialConfig) -> str:
    """The keys in which stored values differ from a configuration, in words; empty if none do.

    A key that is not stored has its default: it was added after the values were stored.

    Args:
        stored: Values by key.
        config: The one that is asked for. A seed that is not stored is not compared.
    """
    wanted = config.canonical()
    try:
        found = TrialConfig.parse({"seed": config.seed, **stored})
    except ConfigError as error:
        return str(error)
    if found.config_id == config.config_id:
        return ""
    has = found.canonical()
    keys = sorted(key for key in has.keys() | wanted.keys() if has.get(key) != wanted.get(key))
    return ", ".join(f"{key} is {has.get(key)}, not {wanted.get(key)}" for key in keys)


def param_values(params: Mapping[str, str]) -> dict[str, Any]:
    """Params with their types, from the texts that MLflow stores."""
    return {key: _value(text) for key, text in params.items()}


def _value(text: str) -> Any:
    """A name, or one of Python's literals."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return text
