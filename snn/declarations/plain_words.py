"""What is wrong with a value, in our words rather than pydantic's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WORDS: Mapping[str, str] = {
    "missing": "is missing",
    "int_parsing": "needs a whole number",
    "int_type": "needs a whole number",
    "int_from_float": "needs a whole number",
    "float_parsing": "needs a number",
    "float_type": "needs a number",
    "bool_parsing": "needs true or false",
    "bool_type": "needs true or false",
    "string_type": "needs a text",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
}


def in_plain_words(mistake: Mapping[str, Any]) -> str:
    """One of `ValidationError.errors()`, without its place and the value."""
    limits = {name: _number(limit) for name, limit in mistake.get("ctx", {}).items()}
    if mistake["type"] in _WORDS:
        return _WORDS[mistake["type"]].format(**limits)
    message: str = mistake["msg"].removeprefix("Value error, ")
    return message[0].lower() + message[1:]


def _number(limit: Any) -> Any:
    return int(limit) if isinstance(limit, float) and limit.is_integer() else limit
