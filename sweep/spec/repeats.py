"""Values that stand twice, found in one pass however many there are."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any


def first_repeat(values: Iterable[Any]) -> int | None:
    """The place of the first of some plain values that is equal to one before; None without."""
    seen: set[Hashable] = set()
    for place, value in enumerate(values):
        known = hashable(value)
        if known in seen:
            return place
        seen.add(known)
    return None


def hashable(value: Any) -> Hashable:
    """Equal exactly where plain values are: lists and mappings have no hash of their own."""
    if isinstance(value, list):
        return ("list", *map(hashable, value))
    if isinstance(value, Mapping):
        return ("mapping", frozenset((key, hashable(one)) for key, one in value.items()))
    known: Hashable = value
    return known
