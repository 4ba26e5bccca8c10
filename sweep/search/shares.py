"""Which kind of configuration is asked for next, so that each has the same share of the trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, final


@final
class Shares:
    """How often each kind was asked for.

    Args:
        kinds: The combinations of the values of `each`; none: there is nothing to share.
    """

    def __init__(self, kinds: Sequence[dict[str, Any]]) -> None:
        self._kinds = kinds
        self._counts = [0] * len(kinds)

    @property
    def rarest(self) -> dict[str, Any]:
        """The kind that was asked for least; empty if there are no kinds."""
        return self._kinds[self._counts.index(min(self._counts))] if self._kinds else {}

    def count(self, assignment: Mapping[str, Any]) -> None:
        """One more was asked for."""
        for number, kind in enumerate(self._kinds):
            self._counts[number] += all(assignment.get(key) == kind[key] for key in kind)
