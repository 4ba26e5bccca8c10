"""The best configuration of a sweep so far, as its leaders are chosen."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from analysis.records import MAX
from sweep.methods.constraints import Constraint
from sweep.run.display.running import Running

_SEED = " seed "


@dataclass(frozen=True)
class Ahead:
    """A configuration that is not done.

    Attributes:
        group: Its `group_id`.
        metric: What is searched for.
        value: Of its latest epochs, as the mean over its seeds.
        where: Its name, and how far it is.
    """

    group: str
    metric: str
    value: float
    where: str

    def __str__(self) -> str:
        return f"ahead, not done yet: {self.metric} {self.value:.4f} ({self.where})"


@final
class Best:
    """The best mean over all seeds, of the configurations that keep all limits.

    Args:
        metric: What is searched for.
        mode: `max` or `min`.
        seeds: How many of each configuration there will be.
        limits: That a leader must keep.
        others: Further metrics that are searched for; the best is told with its values of them.

    Attributes:
        value: Of the best; None if there is none yet.
        name: Of the best.
        broken: How many configurations have all their seeds and break a limit.
    """

    def __init__(
        self,
        metric: str,
        mode: str,
        seeds: int = 1,
        limits: Sequence[Constraint] = (),
        others: Sequence[str] = (),
    ) -> None:
        self._metric, self._sign = metric, 1 if mode == MAX else -1
        self._seeds, self._limits, self._others = seeds, limits, others
        self._beside: Sequence[str] = ()
        self._done: dict[str, dict[str, Mapping[str, float]]] = {}
        self.value: float | None = None
        self.name, self.broken = "", 0

    def add(self, group: str, key: str, name: str, metrics: Mapping[str, float]) -> None:
        """A seed of a configuration is done.

        Args:
            group: Its `group_id`.
            key: Its `config_id`.
            name: Of the trial.
            metrics: At its end, those of the best epoch as `best_…`.
        """
        seeds = self._done.setdefault(group, {})
        if key in seeds:  # the configuration was suggested again
            return
        seeds[key] = metrics
        if len(seeds) < self._seeds:
            return
        if self._breaks(seeds):
            self.broken += 1
            return
        value = _mean(seeds, self._metric)
        if self._sign * value > self._bar:  # a value that is not a number is never better
            self.value, self.name = value, self._shown(name)
            self._beside = [f"{other} {_mean(seeds, other):.6g}" for other in self._others]

    def ahead(self, running: Mapping[str, Running]) -> Ahead | None:
        """The best by its latest epochs, if it is ahead of all that are done; else None.

        It keeps all limits, and each of its seeds has reported. What was pruned is not among these.

        Args:
            running: The trials that have begun and have no end, by `config_id`.
        """
        groups = defaultdict[str, dict[str, Running]](dict)
        for key, trial in running.items():
            groups[trial.group or key][key] = trial
        bar, found = self._bar, None
        for group, trials in groups.items():
            latest = {key: _as_best(trial.metrics) for key, trial in trials.items()}
            seeds = {**self._done.get(group, {}), **latest}
            value = _mean(seeds, self._metric)
            if len(seeds) < self._seeds or not self._sign * value > bar or self._breaks(seeds):
                continue
            first = min(trials.values(), key=lambda trial: trial.epoch)
            where = f"{self._shown(first.name)}, epoch {first.epoch} of {first.epochs}"
            bar, found = self._sign * value, Ahead(group, self._metric, value, where)
        return found

    @property
    def _bar(self) -> float:
        """What a better one must be above; more is better."""
        return -math.inf if self.value is None else self._sign * self.value

    def _breaks(self, seeds: Mapping[str, Mapping[str, float]]) -> bool:
        return any(one.excess(_mean(seeds, one.metric)) > 0 for one in self._limits)

    def __str__(self) -> str:
        """The best in words, or why there is none; empty before anything is done."""
        if self.value is not None:
            reached = ", ".join([f"{self._metric} {self.value:.4f}", *self._beside])
            return f"best {reached} ({self.name})"
        if self.broken:
            return f"no configuration keeps {', '.join(map(str, self._limits))} yet"
        if self._done and self._seeds > 1:
            return f"no configuration has all {self._seeds} seeds yet"
        return ""

    def _shown(self, name: str) -> str:
        """The name of a trial; without its seed if the value is a mean over several."""
        if self._seeds == 1:
            return name
        return f"{name.partition(_SEED)[0]}, mean of {self._seeds} seeds"


def _as_best(metrics: Mapping[str, float]) -> Mapping[str, float]:
    """The latest epoch in the place of the best one."""
    return {f"best_{name}": value for name, value in metrics.items()}


def _mean(seeds: Mapping[str, Mapping[str, float]], metric: str) -> float:
    """Of a metric at the best epochs; not a number if a seed does not have it."""
    values = [metrics.get(f"best_{metric}", math.nan) for metrics in seeds.values()]
    return math.fsum(values) / len(values)
