"""Pairs of runs that differ in one factor only, for fair comparisons.

A *unit* is a configuration without the factor: all else that was chosen is the same on both sides
of its pairs. Within a unit, runs are paired by seed: they share the split, the order of the images
and, as far as the sizes agree, the initial weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.data.groups import done_runs
from analysis.data.labels import CHANGE
from analysis.data.runs import param_columns
from analysis.errors import AnalysisError
from analysis.stats.design.experiment import or_fronts
from analysis.stats.design.looks import looks_of, stages
from analysis.stats.pairing.factors import COPIES, NOT_FACTORS, free_params
from analysis.stats.pairing.pairs import Pairs
from analysis.text.typeset import as_text

_MOST_NAMED = 5  # of the params that change beside a factor: an error is a line
_FEWEST_MATCHED = 0.5  # of the runs, below which it was no designed comparison


class Matching:
    """Finished runs, to be paired: what is the same for all comparisons is computed once.

    Every param is kept as a number per run that stands for its text: a search draws thousands of
    learning rates, each of which is compared.
    """

    def __init__(
        self,
        runs: pd.DataFrame,
        metric: str = "test_accuracy",
        *,
        tuned: bool = False,
        blocked: bool = False,
        crossed: str = "",
    ) -> None:
        """Take the finished runs.

        Args:
            runs: As `load_runs` gives them.
            metric: Column of the runs.
            tuned: Every level stands as a search has tuned it, one configuration for each: what
                else was chosen is part of the level, and runs are paired by seed (and data set).
            blocked: The runs are those of `by_block`.
            crossed: The runs are those of `by_group`, with this param for the group.

        Raises:
            AnalysisError: None is finished, or one lacks the metric.
        """
        done = done_runs(runs, [metric])
        self._metric, self._seeds = done[metric].to_numpy(np.float64), done["seed"].to_numpy()
        self._chosen, self._tuned, self._blocked = free_params(done), tuned, blocked
        self._crossed, self._apart = crossed, {*NOT_FACTORS, crossed}
        self._free = [name for name in self._chosen if not tuned or name in self._apart]
        self._stages, self._or_fronts = stages(done), or_fronts(done)
        self._configurations = pd.factorize(done["group_id"])[0]
        self._known = {name: done[name].notna().to_numpy() for name in param_columns(done)}
        self._codes: dict[str, NDArray[np.intp]] = {}
        self._texts: dict[str, list[str]] = {}
        for name in param_columns(done):
            self._codes[name], self._texts[name] = _coded(done[name])
        self._near: dict[tuple[str, str], NDArray[np.intp]] = {}

    @property
    def factors(self) -> list[str]:
        """The params that can be compared."""
        return [name for name in self._chosen if name not in self._apart]

    def pair(self, factor: str, baseline: str, level: str) -> Pairs:
        """Pair the runs at two levels of a factor by all other free params and by seed.

        A param without effect at one of the levels (a learned beta under LIF) is not asked to
        agree: the runs at the other level stand for that unit with their mean.

        Raises:
            AnalysisError: There are several configurations of a tuned level, or no pairs, or too
                few runs have a partner: then the runs are no designed comparison of this factor,
                and its effect cannot be told from that of the params that changed with it.
        """
        if factor not in self._texts:
            raise AnalysisError(f"the runs have no param {factor!r}")
        sides = [self._at(factor, value) for value in (baseline, level)]
        if self._tuned:
            for value, side in zip((baseline, level), sides, strict=True):
                self._require_one(factor, value, side)
        free = [name for name in self._free if name != factor]
        if self._codes[factor][sides[1][0]] not in self._beside(factor, baseline):
            raise AnalysisError(self._nothing_alone(factor, free))
        keys = [name for name in free if all(self._known[name][side].any() for side in sides)]
        runs = np.concatenate(sides)
        first, cell = self._cells(runs, [*keys, "seed"])
        cells = np.split(cell, [len(sides[0])])
        means = [self._means(*side, len(first)) for side in zip(sides, cells, strict=True)]
        difference = means[1] - means[0]
        paired = np.isfinite(difference)
        if not paired.any():
            raise AnalysisError(self._no_pairs(factor, sides, keys))
        # A change may be tried in some of the networks only: their baseline is all that it needs.
        matched = float(paired[cells[1] if factor == CHANGE else cell].mean())
        _require_designed(factor, matched)
        differences = self._series(difference[paired], runs[first[paired]], keys)
        stage = np.zeros(len(first), np.intp)
        np.maximum.at(stage, cell, self._stages[runs])  # a pair is complete with its last run
        units = pd.factorize(self._cells(runs[first[paired]], keys)[1])[0]
        told = [key for key in keys if key != self._crossed]
        return Pairs(
            factor=factor,
            baseline=baseline,
            level=level,
            differences=differences,
            matched=matched,
            along=self._along(factor, sides),
            blocked=self._blocked,
            baselines=self._series(means[0][paired], runs[first[paired]], keys),
            looks=(len(differences),) if self._blocked else looks_of(units, stage[paired]),
            networks={
                self._text(run, told): self._text(run, [key for key in told if key not in COPIES])
                for run in runs[first[paired]]
            },
        )

    def _at(self, factor: str, value: str) -> NDArray[np.intp]:
        """The runs with this value."""
        if value not in self._texts[factor]:
            raise AnalysisError(f"no finished run has {factor}={value}")
        return np.flatnonzero(self._codes[factor] == self._texts[factor].index(value))

    def _cells(
        self, runs: NDArray[np.intp], keys: Sequence[str]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Runs that agree in these params: the first of every such cell, and the cell of each."""
        codes = np.zeros((len(runs), len(keys) + 1), np.intp)  # without params all are one cell
        for column, key in enumerate(keys):
            codes[:, column] = self._codes[key][runs]
        _, first, cell = np.unique(codes, axis=0, return_index=True, return_inverse=True)
        return first, cell

    def _means(
        self, runs: NDArray[np.intp], cell: NDArray[np.intp], n_cells: int
    ) -> NDArray[np.float64]:
        """The mean of the metric in every cell, NaN where these runs have none."""
        total = np.bincount(cell, self._metric[runs], n_cells)
        count = np.bincount(cell, minlength=n_cells)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def _series(
        self, differences: NDArray[np.float64], runs: NDArray[np.intp], keys: Sequence[str]
    ) -> pd.Series[float]:
        """The metric by unit and seed, and by group; any run of the cell tells them."""
        told = [key for key in keys if key != self._crossed]
        levels: dict[str, Any] = {
            "unit": [self._text(run, told) for run in runs],
            "seed": self._seeds[runs],
        }
        if self._crossed:
            levels["group"] = [self._value(self._crossed, run) for run in runs]
        index = pd.MultiIndex.from_arrays(list(levels.values()), names=list(levels))
        return pd.Series(differences, index, name="difference").sort_index()

    def _text(self, run: np.intp, keys: Sequence[str]) -> str:
        return ", ".join(f"{key}={self._value(key, run)}" for key in keys)

    def _value(self, key: str, run: np.intp) -> str:
        place: np.intp = self._codes[key][run]
        return self._texts[key][place]

    def _beside(self, factor: str, baseline: str) -> NDArray[np.intp]:
        """The levels with a run that agrees with one of the baseline in all params of every run.

        To find the others here is cheap: hardly any of a search's learning rates has a partner.
        """
        if (factor, baseline) not in self._near:
            keys = [name for name in self._free if name != factor and self._known[name].all()]
            _, cell = self._cells(np.arange(len(self._metric)), keys)
            near = np.isin(cell, cell[self._at(factor, baseline)])
            self._near[factor, baseline] = np.unique(self._codes[factor][near])
        return self._near[factor, baseline]

    def _along(self, factor: str, sides: Sequence[NDArray[np.intp]]) -> tuple[str, ...]:
        """The params that differ between the two sides although they are not free."""
        apart = {factor, "seed", *self._free}
        others = [name for name in self._codes if name not in apart and len(self._texts[name]) > 1]
        return tuple(name for name in others if self._differ(name, *sides))

    def _differ(self, name: str, one: NDArray[np.intp], other: NDArray[np.intp]) -> bool:
        codes = self._codes[name]
        return not np.array_equal(np.unique(codes[one]), np.unique(codes[other]))

    def _no_pairs(self, factor: str, sides: Sequence[NDArray[np.intp]], keys: Sequence[str]) -> str:
        _, cell = self._cells(np.concatenate(sides), keys)
        left, right = np.split(cell, [len(sides[0])])
        if np.isin(left, right).any():
            return f"{factor}: no pairs, the runs have no seed in common"
        one, other = sides  # what has no value in common changes with the factor, always
        apart = [k for k in keys if not np.isin(self._codes[k][one], self._codes[k][other]).any()]
        return self._nothing_alone(factor, apart or keys)

    def _nothing_alone(self, factor: str, others: Sequence[str]) -> str:
        others = [name for name in others if name != self._crossed]
        if self._tuned:
            return f"{factor}: no pairs, the runs have no {' or '.join(others)} in common"
        more = [f"{len(others) - _MOST_NAMED} others"] if len(others) > _MOST_NAMED else []
        named = ", ".join([*others[:_MOST_NAMED], *more])
        return (
            f"{factor}: no pairs, no two runs differ in it alone ({named} change as "
            "well); see the importance of the params instead, or compare confirmed leaders as tuned"
            f"{self._or_fronts}"
        )

    def _require_one(self, factor: str, level: str, runs: NDArray[np.intp]) -> None:
        """Check that a level has one configuration: no search has chosen a mean of several."""
        _, cell = self._cells(runs, self._free)
        count = len(set(zip(cell, self._configurations[runs], strict=True)))
        if count == cell.max() + 1:
            return
        others = [
            name
            for name in self._chosen
            if name not in (factor, *self._apart) and len(np.unique(self._codes[name][runs])) > 1
        ]
        raise AnalysisError(
            f"{factor}: {count} configurations have {level} ({', '.join(others[:3])} change), and "
            "what is tuned is compared one with one; give leaders of one confirmation only, or "
            f"look at one with one: --within {' --within '.join(others[:3])}{self._or_fronts}"
        )


def pair(
    runs: pd.DataFrame, factor: str, baseline: str, level: str, metric: str = "test_accuracy"
) -> Pairs:
    """One comparison, as `Matching.pair` makes it."""
    return Matching(runs, metric).pair(factor, baseline, level)


def _coded(column: pd.Series[Any]) -> tuple[NDArray[np.intp], list[str]]:
    """The values as numbers of their texts; values with the same text are the same."""
    values, different = pd.factorize(column, use_na_sentinel=False)
    of_values, texts = pd.factorize(np.array([as_text(value) for value in different], object))
    return of_values[values], list(texts)


def _require_designed(factor: str, matched: float) -> None:
    if matched < _FEWEST_MATCHED:
        raise AnalysisError(
            f"{factor}: only {matched:.0%} of the runs have a partner that differs in it "
            "alone; this was no designed comparison, see the importance of the params instead"
        )
