"""The values of YAML texts without quotes, by the core schema of YAML 1.2."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from analysis.text.plain import brief

_LARGEST = 2**63
_LONGEST = 64  # digits
_NULLS = ("", "~", "null", "Null", "NULL")
_FLAGS = {
    written: flag
    for flag, name in ((True, "true"), (False, "false"))
    for written in (name, name.capitalize(), name.upper())
}
_INT = re.compile(r"^[-+]?[0-9]+$", re.ASCII)
_OCTAL = re.compile(r"^0o[0-7]+$", re.ASCII)
_HEX = re.compile(r"^0x[0-9a-fA-F]+$", re.ASCII)
_FLOAT = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", re.ASCII)
_INFINITE = re.compile(r"^[-+]?\.(inf|Inf|INF)$", re.ASCII)
_NAN = re.compile(r"^\.(nan|NaN|NAN)$", re.ASCII)

NUMBERS = tuple(
    (kind, pattern)
    for kind, patterns in {"int": (_INT, _OCTAL, _HEX), "float": (_FLOAT, _INFINITE, _NAN)}.items()
    for pattern in patterns
)
"""What is read as a number, with the end of its tag."""


class Unreadable(Exception):  # noqa: N818 (a value, and no failure)
    """A scalar is not what it must be; the text says why."""


def as_written(text: str) -> Any:
    """The value of a text without quotes."""
    if text in _NULLS:
        return None
    if text in _FLAGS:
        return _FLAGS[text]
    if text[0] not in "-+.0123456789":
        return text
    return next((_number(text, kind) for kind, it in NUMBERS if it.match(text)), text)


def as_tagged(tag: str, text: str) -> Any:
    """The value of a text that is declared to be of a type, such as `!!str 1`.

    Raises:
        Unreadable: It is not of it, or the type is not in the core schema.
    """
    if tag not in _TAGGED:
        raise Unreadable(f"the tag {brief(tag)} is not allowed")
    value = text if tag.endswith(":str") else as_written(text)
    if not _TAGGED[tag](value):
        raise Unreadable(f"{brief(text)} is not what its tag {brief(tag)} says")
    return float(value) if tag.endswith(":float") else value


_TAGGED: Mapping[str, Callable[[Any], bool]] = {
    f"tag:yaml.org,2002:{kind}": fits
    for kind, fits in {
        "str": lambda value: True,
        "null": lambda value: value is None,
        "bool": lambda value: isinstance(value, bool),
        "int": lambda value: type(value) is int,
        "float": lambda value: type(value) in (int, float),
    }.items()
}


def _number(text: str, kind: str) -> int | float:
    if kind == "float":
        return _real(text)
    digits, base = (text[2:], {"o": 8, "x": 16}[text[1]]) if text[1:2] in ("o", "x") else (text, 10)
    # Python refuses to read thousands of digits, and takes long for them.
    if len(digits) > _LONGEST or abs(value := int(digits, base)) >= _LARGEST:
        raise Unreadable(f"{brief(text)} is too large: whole numbers have 64 bits")
    return value


def _real(text: str) -> float:
    value = float(text.replace(".", "", 1) if text.lower().endswith(("inf", "nan")) else text)
    if value in (float("inf"), float("-inf")) and not text.lower().endswith("inf"):
        raise Unreadable(f"{brief(text)} is too large: numbers end at 1.8e308")
    return value
