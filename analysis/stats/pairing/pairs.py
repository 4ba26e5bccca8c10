"""The pairs of one comparison, and whether they tell chance from effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.stats.chance.evidence import Evidence, evidence
from analysis.stats.design.looks import Looks
from analysis.stats.inference import Differences


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """The paired differences of one comparison, `level` minus `baseline`.

    Attributes:
        factor: The param compared.
        baseline: Its value on one side, as text.
        level: Its value on the other.
        differences: Indexed by `unit` (text) and `seed`: differences of the metric; by `group`,
            too, where runs are compared in every group of their test set.
        matched: Share of the finished runs on both sides that found a partner.
        along: Params that change with the factor by their defaults, so that they are part of it.
        blocked: Whether blocks stand in place of the seeds; then they are the units.
        baselines: Of every pair, the metric at the baseline; indexed like the differences.
        looks: How many pairs there were at each stage, launch of the sweep, at which they could be
            tested; see `analysis.stats.design.looks`.
        networks: Of every unit, the network: the unit without `COPIES`.
    """

    factor: str
    baseline: str
    level: str
    differences: pd.Series[float]
    matched: float
    along: tuple[str, ...] = ()
    blocked: bool = False
    baselines: pd.Series[float] = field(default_factory=lambda: pd.Series(dtype=float))
    looks: Looks = (1,)
    networks: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def evidence(self) -> Evidence:
        """What they say of their mean."""
        return evidence(self.differences, self.units, blocked=self.blocked)

    @property
    def level_of_baseline(self) -> float:
        """The mean of the metric over the runs of the baseline that have a partner."""
        return float(self.baselines.mean())

    @property
    def units(self) -> Differences:
        """The mean difference of every unit; of a single unit the differences of its seeds."""
        if self.blocked:
            of_blocks = self.differences.groupby(level="seed").mean()
            return of_blocks.to_numpy().astype(np.float64)
        of_units = self.differences.groupby(level="unit").mean()
        return (of_units if len(of_units) > 1 else self.differences).to_numpy().astype(np.float64)

    @property
    def n_configurations(self) -> int:
        """Units."""
        return int(self.differences.index.get_level_values("unit").nunique())

    @property
    def n_networks(self) -> int:
        """Different networks among the units, each counted once however often it was trained."""
        units = self.differences.index.get_level_values("unit").unique()
        return len({self.networks.get(unit, unit) for unit in units})

    def by_network(self) -> Pairs:
        """The same with networks for units: the differences of all copies of one are averaged."""
        return replace(
            self,
            differences=_by_network(self.differences, self.networks),
            baselines=_by_network(self.baselines, self.networks),
            networks={},
        )

    @property
    def n_groups(self) -> int:
        """Different groups of the test set; 0 where they are not told apart."""
        of_groups = "group" in self.differences.index.names
        return int(self.differences.index.get_level_values("group").nunique()) if of_groups else 0

    @property
    def n_seeds(self) -> int:
        """Different seeds."""
        return int(self.differences.index.get_level_values("seed").nunique())


def require_replicates(pairs: Pairs) -> None:
    """Check that there are replicates: without them, nothing is known about chance.

    Raises:
        AnalysisError: There is one seed only, in all configurations or in most, so that what a seed
            does cannot be told from what the factor does; or one block, or one group.
    """
    if pairs.n_groups:
        if pairs.n_groups < 2:
            raise AnalysisError(f"{pairs.factor}: the levels have one group only in common")
        of_group = pairs.differences.groupby(level=["seed", "group"]).mean().unstack("group")
        if len(of_group.dropna()) < 2:
            raise AnalysisError(
                f"{pairs.factor}: fewer than two seeds in all groups, so that chance cannot be "
                "told from effect; run with more, for example seeds: [0, 1, 2]"
            )
        return
    if pairs.blocked:
        if pairs.n_seeds < 2:
            raise AnalysisError(
                f"{pairs.factor}: the levels have one block, or seed, only in common"
            )
        return
    of_unit = pairs.differences.groupby(level="unit").size()
    single = int((of_unit < 2).sum())
    if 2 * single > len(of_unit):
        where = "" if single == len(of_unit) else f" in {single} of {len(of_unit)} configurations"
        raise AnalysisError(
            f"{pairs.factor}: one seed only{where}, so that chance cannot be told from effect; "
            "run with more, for example seeds: [0, 1, 2], or confirm the leaders of a search"
        )


def _by_network(values: pd.Series[float], networks: Mapping[str, str]) -> pd.Series[float]:
    of_networks = values.rename(index=lambda unit: networks.get(unit, unit), level="unit")
    return of_networks.groupby(level=values.index.names).mean()
