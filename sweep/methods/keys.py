"""Keys that a method takes in its section of a specification."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Key:
    """One key of a method. Methods that share a key declare the same `Key`.

    Attributes:
        name: As in YAML.
        type: `int` or `float`.
        default: Its value if it is not given.
        least, most: The ends of its range, both included; None: no end.
        description: What it does, with its unit.
        within_epochs: Whether it counts epochs that every trial must have. A default that is more
            is lowered to them.
    """

    name: str
    type: type[int] | type[float]
    default: float
    least: float | None = None
    most: float | None = None
    description: str
    within_epochs: bool = False


def merged(keys: Iterable[Key]) -> dict[str, Key]:
    """The keys of several methods by name.

    Raises:
        ValueError: Two keys of the same name differ.
    """
    by_name: dict[str, Key] = {}
    for key in keys:
        if by_name.setdefault(key.name, key) != key:
            raise ValueError(f"the key {key.name} is declared twice, and differently")
    return by_name
