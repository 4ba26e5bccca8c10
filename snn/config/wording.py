"""Mistakes in keys and values, in one line."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ValidationError

from snn.registry import KINDS

_LONGEST_VALUE = 80  # characters of a value in an error


def describe(error: ValidationError, model: type[BaseModel], where: str = "") -> str:
    """The first mistake of a pydantic error in one line: place, value, what is allowed."""
    first = error.errors(include_url=False)[0]
    place = ".".join([where, *(str(part) for part in first["loc"])]).strip(".")
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if first["type"] == "extra_forbidden":
        known = sorted(model.model_fields)
        close = difflib.get_close_matches(str(first["loc"][-1]), known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
        return f"{place}: unknown key; {hint}{more}"
    if first["type"] == "tuple_type":
        return f"{place}: must be a list, such as [{_brief(first['input'], str)}]{more}"
    message = first["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    if not first["loc"]:
        return f"{where}: {message}{more}" if where else f"{message}{more}"
    if first["type"] == "literal_error" and first["loc"][-1] in KINDS.values():
        more = f"; {_hint(first['loc'][-1], first['input'], message)}{more}"
    return f"{place}: {message}, got {_brief(first['input'], repr)}{more}"


def _hint(key: Any, given: Any, message: str) -> str:
    """What somebody may have meant by a component that is unknown."""
    close = difflib.get_close_matches(str(given), message.split("'")[1::2], n=1)
    if close:
        return f"did you mean {close[0]}?"
    if key == KINDS["dataset"]:
        return "images of your own need their path, such as ./photos or images.npz"
    return "one of your own needs its file: --plugin FILE"


def _brief(value: Any, text_of: Callable[[Any], str]) -> str:
    """A value in an error: somebody may have given a whole file."""
    text = text_of(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
