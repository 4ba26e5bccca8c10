"""Repeated values, found in one pass."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any


def first_repeat(values: Iterable[Any]) -> int | None:
    """The index of the first value that is equal to an earlier one; None if there is none."""
    seen: set[Hashable] = set()
    for place, value in enumerate(values):
        known = hashable(value)
        if known in seen:
            return place
        seen.add(known)
    return None


def hashable(value: Any) -> Hashable:
    """A hashable form of a plain value; two are equal exactly if the values are."""
    if isinstance(value, list):
        return ("list", *map(hashable, value))
    if isinstance(value, Mapping):
        return ("mapping", frozenset((key, hashable(one)) for key, one in value.items()))
    known: Hashable = value
    return known
