"""Mistakes in keys and values, in one line each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from pydantic import BaseModel, ValidationError

from snn.declarations.data_paths import about_own
from snn.declarations.plain_words import in_plain_words
from snn.declarations.suggestion import OWN, did_you_mean
from snn.registry import KINDS

Place: TypeAlias = tuple[int | str, ...]

_LONGEST_VALUE = 80  # characters of a value in an error
_MANY = 12  # values in a list that is still read
_NOT_HERE = "keys: spikesweep schema"


def describe(
    error: ValidationError, model_at: Callable[[Place], type[BaseModel]], *, own: bool = False
) -> list[tuple[Place, str]]:
    """The mistakes of a pydantic error, each with its place and in one line.

    Args:
        error: What pydantic found.
        model_at: What describes the keys beside the one at a place.
        own: Whether users can bring keys of their own.
    """
    found = error.errors(include_url=False)
    within = {one["loc"][:length] for one in found for length in range(len(one["loc"]))}
    return [
        (one["loc"], _line(one, model_at(one["loc"]), own))
        for one in found
        if one["loc"] not in within  # a list without its wrong items is also too short, say
    ]


def unknown_key(key: object, known: Sequence[str]) -> str:
    """What is said of a key of a configuration that is unknown."""
    hint = did_you_mean(key, known, f"{_NOT_HERE};")
    return f"unknown key; {hint} {OWN}"


def _line(one: Any, model: type[BaseModel], own: bool) -> str:
    """One mistake: place, value, what is allowed."""
    place = ".".join(str(part) for part in one["loc"])
    if one["type"] == "extra_forbidden":
        known = sorted(model.model_fields)
        if own:
            return f"{place}: {unknown_key(one['loc'][-1], known)}"
        otherwise = f"known: {', '.join(known)}"
        return f"{place}: unknown key; {did_you_mean(one['loc'][-1], known, otherwise)}"
    if one["type"] == "tuple_type":
        return f"{place}: must be a list, such as [{_brief(one['input'], str)}]"
    message = in_plain_words(one)
    if not place:
        return message
    given = _brief(one["input"], repr)
    if one["type"] != "literal_error":
        return f"{place}: {message}, got {given}"
    allowed = one["ctx"]["expected"].split("'")[1::2]
    hints = _hints(one, allowed)
    parts = [f"{message}, got {given}", hints]
    if len(allowed) > _MANY:  # a long list would hide the hints
        parts = [f"{given} is unknown", hints, f"known: {', '.join(allowed)}"]
    return f"{place}: {'; '.join(filter(None, parts))}"


def _hints(one: Any, allowed: Sequence[str]) -> str:
    """What somebody may have meant by a value that does not exist."""
    hint = did_you_mean(one["input"], allowed, "")
    own = OWN if one["loc"][-1] in KINDS.values() else ""
    if one["loc"][-1] == KINDS["dataset"]:
        own = about_own(str(one["input"]))
    return " ".join(filter(None, (hint, own)))


def _brief(value: Any, text_of: Callable[[Any], str]) -> str:
    """A value in an error: somebody may have given a whole file."""
    text = text_of(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
