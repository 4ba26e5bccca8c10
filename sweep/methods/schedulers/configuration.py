"""One configuration of a sweep, with what each of its seeds has reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from analysis.records import SEARCHABLE

Metrics = Mapping[str, float]
Rung = int | str
"""The number of an epoch, or of seeds in words."""


@dataclass(eq=False)
class Configuration:
    """What is known of a configuration when it is judged.

    Attributes:
        name: Its `group_id`.
        seeds: All its replicates, in their order.
        epochs: Of a whole training.
        reached: The metrics of every seed by epoch.
        final: The metrics of the seeds that are done, at the epoch that validation chose.
        failed: Seeds that failed: they are not waited for, and not counted.
        recorded: Rungs at which others are compared with it.
        passed: Rungs that it has survived.
        stage: With how many of its seeds it is judged next, where seeds are rungs.
        alone: Whether it goes on without its other seeds, as nobody will start them.
        held: Whether it waits for its promotion.
        out: Why it ended early; empty if it did not.
    """

    name: str
    seeds: tuple[int, ...]
    epochs: int
    reached: dict[int, dict[int, Metrics]] = field(default_factory=dict)
    final: dict[int, Metrics] = field(default_factory=dict)
    failed: set[int] = field(default_factory=set)
    recorded: set[Rung] = field(default_factory=set)
    passed: set[int] = field(default_factory=set)
    stage: int = 1
    alone: bool = False
    held: bool = False
    out: str = ""

    def note(self, seed: int, epochs: Mapping[int, Metrics]) -> list[int]:
        """Keep the metrics of a seed by epoch; returns the epochs that are new."""
        known = self.reached.setdefault(seed, {})
        new = [epoch for epoch in epochs if epoch not in known]
        known.update((epoch, _searchable(epochs[epoch])) for epoch in new)
        return new

    def end(self, seed: int, metrics: Metrics | None) -> None:
        """A seed has ended: with the metrics of its best epoch, or None if it failed."""
        if metrics is None:
            self.failed.add(seed)
            return
        best = {name: metrics[f"best_{name}"] for name in SEARCHABLE if f"best_{name}" in metrics}
        self.final[seed] = best

    def awaited(self, seeds: Iterable[int]) -> list[int]:
        """Those of the seeds that count."""
        return [seed for seed in seeds if seed not in self.failed]

    def at(self, seed: int, epoch: int) -> Metrics | None:
        """What a seed has at an epoch; one that was done before, at its last one."""
        known = self.reached.get(seed, {})
        if epoch in known:
            return known[epoch]
        if seed in self.final:
            return known[max(known)] if known else self.final[seed]
        return None

    def latest(self, seed: int) -> int:
        """The last epoch of a seed; 0 if it has none."""
        return max(self.reached.get(seed, ()), default=0)


def means(of_seeds: Iterable[Metrics]) -> dict[str, float]:
    """The mean of every metric that all have."""
    rows = list(of_seeds)
    return {
        name: float(np.mean([row[name] for row in rows]))
        for name in (rows[0] if rows else ())
        if all(name in row for row in rows)
    }


def _searchable(metrics: Metrics) -> dict[str, float]:
    return {name: float(metrics[name]) for name in SEARCHABLE if name in metrics}
