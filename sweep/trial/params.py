"""A configuration as MLflow has it: texts by key."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from snn.config import TrialConfig
from snn.errors import ConfigError


def differences(stored: Mapping[str, Any], config: TrialConfig) -> str:
    """In which keys what is stored is of another configuration, in words; empty if it is not.

    A key that is not stored has its default: it came after what is stored.

    Args:
        stored: Values by key.
        config: The one that is asked for. A seed that is not stored is not compared.
    """
    wanted = config.params()
    try:
        found = TrialConfig.parse({"seed": config.seed, **stored})
    except ConfigError as error:
        return str(error)
    if found.config_id == config.config_id:
        return ""
    has = found.params()
    keys = sorted(key for key in has.keys() | wanted.keys() if has.get(key) != wanted.get(key))
    return ", ".join(f"{key} is {has.get(key)}, not {wanted.get(key)}" for key in keys)


def param_values(params: Mapping[str, str]) -> dict[str, Any]:
    """Params as they were before MLflow made texts of them."""
    return {key: _value(text) for key, text in params.items()}


def _value(text: str) -> Any:
    """A name, or one of Python's literals."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return text
