"""The other sweeps on a cluster: each tells what it asks for, and knows what the others do.

They tell it through the key-value store of the cluster's head, so no process is needed for it. A
sweep that ends takes its entry away. That of a driver that was killed does not change any more,
and counts for half a minute.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import final

from sweep.cluster.ray_internals import tell_all, told_by_all, untell
from sweep.cluster.sharing.fair import Demand, fair_shares

_PREFIX = "spikesweep-demand-"
SILENT_S = 30.0
"""After so long without a change of its entry, a driver is taken to be gone."""


@final
class Neighbours:
    """The sweeps on the same cluster, this one included.

    Args:
        name: Of this driver, unique in the cluster.
        each: What one of its trials asks for, by Ray's names of the resources.

    Attributes:
        others: How many other sweeps there were when it was last looked.
    """

    def __init__(self, name: str, each: Mapping[str, float]) -> None:
        self._key, self._each = f"{_PREFIX}{name}", dict(each)
        self._beats = itertools.count()
        self._seen: dict[str, tuple[str, float]] = {}  # an entry, and since when it is the same
        self._told: dict[str, str] = {}
        self.others = 0

    def share(self, trials: int, there_is: Mapping[str, float]) -> int:
        """Tell the others what this sweep asks for; how many trials it may run at once.

        Args:
            trials: How many it could run at once.
            there_is: The resources of the cluster.
        """
        entry = {"trials": trials, "each": self._each, "beat": next(self._beats)}
        with suppress(Exception):  # Ray's and gRPC's, of many kinds: what was told last still holds
            tell_all(self._key, json.dumps(entry))
            self._told = self._living()
        demands = {key: _demand(text) for key, text in self._told.items()}
        demands[self._key] = Demand(trials, self._each)
        self.others = len(demands) - 1
        return fair_shares(demands, there_is)[self._key] if self.others else trials

    def leave(self) -> None:
        """This sweep has ended."""
        with suppress(Exception):  # as above; its entry is taken away by another sweep, then
            untell(self._key)

    def _living(self) -> dict[str, str]:
        """The entries of drivers that are not silent; those of others are taken away."""
        told, now = told_by_all(_PREFIX), time.monotonic()
        for key, text in told.items():
            if self._seen.get(key, ("", 0.0))[0] != text:
                self._seen[key] = text, now
        gone = [key for key in told if now - self._seen[key][1] > SILENT_S]
        for key in gone:
            untell(key)
        return {key: text for key, text in told.items() if key not in gone}


def _demand(text: str) -> Demand:
    entry = json.loads(text)
    return Demand(entry["trials"], entry["each"])
