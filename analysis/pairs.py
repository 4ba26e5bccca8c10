"""Runs paired by everything but one factor: what a fair comparison rests on.

A *unit* is a configuration without the factor: all else that was chosen is the same on both sides
of its pairs. Within a unit, runs are paired by seed: they share the split, the order of the images
and, as far as the sizes agree, the initial weights.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.groups import FACTORS, done_runs, follows
from analysis.inference import Differences
from analysis.labels import sort_key
from analysis.runs import param_columns
from analysis.typeset import as_text

NOT_FACTORS = ("dataset", "seed")
"""Params that are never compared: one is the question, the other the replicate."""

_BASELINES = {"dynamics": "lif", "encoding": "latency", "preset": "published"}
_FEWEST_MATCHED = 0.5  # of the runs, below which it was no designed comparison


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """The paired differences of one comparison, `level` minus `baseline`.

    Attributes:
        factor: The param compared.
        baseline: Its value on one side, as text.
        level: Its value on the other.
        differences: Indexed by `unit` (text) and `seed`: differences of the metric.
        matched: Share of the finished runs on both sides that found a partner.
        along: Params that change with the factor by their defaults, so that they are part of it.
    """

    factor: str
    baseline: str
    level: str
    differences: pd.Series[float]
    matched: float
    along: tuple[str, ...] = ()

    @property
    def units(self) -> Differences:
        """The mean difference of every unit; of a single unit the differences of its seeds."""
        of_units = self.differences.groupby(level="unit").mean()
        return (of_units if len(of_units) > 1 else self.differences).to_numpy().astype(np.float64)

    @property
    def n_configurations(self) -> int:
        """Units."""
        return int(self.differences.index.get_level_values("unit").nunique())

    @property
    def n_seeds(self) -> int:
        """Different seeds."""
        return int(self.differences.index.get_level_values("seed").nunique())


def comparisons(runs: pd.DataFrame, factor: str) -> list[tuple[str, str]]:
    """The levels of a factor as pairs of texts, its baseline first, against every other level."""
    values = runs[factor].dropna().unique()
    levels = sorted({as_text(value) for value in values}, key=sort_key)
    baseline = _BASELINES.get(factor, "")
    levels.sort(key=lambda level: level != baseline)
    return [(levels[0], level) for level in levels[1:]]


def free_params(runs: pd.DataFrame) -> list[str]:
    """The params that were chosen: those that vary, but those that only follow from others.

    A key whose default depends on a factor is part of the factor's effect.
    """
    params = [name for name in param_columns(runs) if name != "seed"]
    varying = [name for name in params if runs[name].nunique() > 1 and not follows(runs, name)]
    return sorted(varying, key=lambda name: name not in FACTORS)


class Design:
    """Finished runs, to be paired: what is the same for all comparisons is computed once."""

    def __init__(self, runs: pd.DataFrame, metric: str = "test_accuracy") -> None:
        """Take the finished runs.

        Raises:
            AnalysisError: None is finished, or one lacks the metric.
        """
        self._done, self._metric = done_runs(runs, [metric]), metric
        self._free = free_params(self._done)
        self._texts = {name: self._done[name].map(as_text) for name in param_columns(self._done)}
        self._levels_at: dict[str, Mapping[str, NDArray[np.intp]]] = {}
        self._partners: dict[tuple[str, str], frozenset[str]] = {}

    def pair(self, factor: str, baseline: str, level: str) -> Pairs:
        """Pair the runs at two levels of a factor by all other free params and by seed.

        A param without effect at one of the levels (a learned beta under LIF) is not asked to
        agree: the runs at the other level stand for that unit with their mean.

        Raises:
            AnalysisError: There are no pairs, or too few runs have a partner: then the runs are no
                designed comparison of this factor, and its effect cannot be told from that of the
                params that changed with it.
        """
        if factor not in self._texts:
            raise AnalysisError(f"the runs have no param {factor!r}")
        places = self._places(factor)
        for value in (baseline, level):
            if value not in places:
                raise AnalysisError(f"no finished run has {factor}={value}")
        free = [name for name in self._free if name != factor]
        if level not in self._beside(factor, baseline):
            raise AnalysisError(_nothing_alone(factor, free))
        one, other = (self._done.iloc[places[value]] for value in (baseline, level))
        keys = [name for name in free if one[name].notna().any() and other[name].notna().any()]
        left, right = self._by_unit(one, keys), self._by_unit(other, keys)
        differences = (right - left).dropna().rename("difference")
        if differences.empty:
            raise AnalysisError(_no_pairs(factor, keys, left, right))
        matched = self._share(pd.concat([one, other]), keys, differences)
        if matched < _FEWEST_MATCHED:
            raise AnalysisError(
                f"{factor}: only {matched:.0%} of the runs have a partner that differs in it "
                "alone; this was no designed comparison, see the importance of the params instead"
            )
        along = tuple(
            name
            for name in self._texts
            if name not in {factor, "seed", *free}
            and self._levels(one, name) != self._levels(other, name)
        )
        return Pairs(
            factor=factor,
            baseline=baseline,
            level=level,
            differences=differences,
            matched=matched,
            along=along,
        )

    def _places(self, factor: str) -> Mapping[str, NDArray[np.intp]]:
        """Where the runs of every level are."""
        if factor not in self._levels_at:
            by_level = pd.Series(np.arange(len(self._done))).groupby(self._texts[factor].to_numpy())
            self._levels_at[factor] = {str(level): at.to_numpy() for level, at in by_level}
        return self._levels_at[factor]

    def _beside(self, factor: str, baseline: str) -> frozenset[str]:
        """The levels of which any run agrees with one of the baseline in all that every run has.

        To find the others here is cheap: a search draws thousands of learning rates, and hardly any
        has a partner.
        """
        if (factor, baseline) not in self._partners:
            free = [name for name in self._free if name != factor]
            keys = [name for name in free if self._done[name].notna().all()]
            texts, units = self._texts[factor], self._unit(self._done.index, keys)
            near = units.isin(units[texts == baseline])
            self._partners[factor, baseline] = frozenset(texts[near].unique())
        return self._partners[factor, baseline]

    def _by_unit(self, side: pd.DataFrame, keys: Sequence[str]) -> pd.Series[float]:
        return side.groupby([self._unit(side.index, keys), "seed"])[self._metric].mean()

    def _unit(self, index: pd.Index[Any], keys: Sequence[str]) -> pd.Series[str]:
        """What a run shares with its partners, as text."""
        texts = [self._texts[key].loc[index].to_numpy() for key in keys]
        rows = zip(*texts, strict=True) if keys else itertools.repeat((), len(index))
        joined = [
            ", ".join(f"{key}={value}" for key, value in zip(keys, row, strict=True))
            for row in rows
        ]
        return pd.Series(joined, index=index, name="unit", dtype=object)

    def _share(
        self, sides: pd.DataFrame, keys: Sequence[str], differences: pd.Series[float]
    ) -> float:
        index = pd.MultiIndex.from_arrays([self._unit(sides.index, keys), sides["seed"]])
        return float(index.isin(differences.index).mean())

    def _levels(self, side: pd.DataFrame, name: str) -> set[str]:
        return set(self._texts[name].loc[side.index].unique())


def pair(
    runs: pd.DataFrame, factor: str, baseline: str, level: str, metric: str = "test_accuracy"
) -> Pairs:
    """One comparison, as `Design.pair` makes it."""
    return Design(runs, metric).pair(factor, baseline, level)


def _no_pairs(
    factor: str, keys: Sequence[str], left: pd.Series[float], right: pd.Series[float]
) -> str:
    units = left.index.get_level_values("unit").intersection(right.index.get_level_values("unit"))
    if len(units):
        return f"{factor}: no pairs, the runs have no seed in common"
    return _nothing_alone(factor, keys)


def _nothing_alone(factor: str, others: Sequence[str]) -> str:
    return (
        f"{factor}: no pairs, no two runs differ in it alone ({', '.join(others)} change as well); "
        "see the importance of the params instead"
    )
