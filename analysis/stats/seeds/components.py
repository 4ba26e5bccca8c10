"""Components of variance by the method of moments, for crossed, nested and unbalanced designs.

The value of a run is taken as

    value = configuration + Σ_f effect of its level of source f + rest

with independent effects of the variances σ_f² and σ². For every source the squares within its
levels are summed, and the squares within the configurations. Their expected values are

    E[Σ_sets Σ (y − mean of the set)²]
        = Σ_f σ_f² Σ_sets (n − Σ_levels n_level² / n) + σ² Σ_sets (n − 1)

which are as many linear equations as there are unknowns. In a balanced crossed design the solution
is that of the analysis of variance. An estimate may be negative. A source with another level in
every run, as of seeds nested in others, stands in the place of the rest: the two cannot be told
apart.

Source: Henderson's method 1, Biometrics 9, 1953; Searle, Casella & McCulloch, "Variance
Components", 1992, chapter 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Design:
    """Runs by configuration and by sources of chance.

    Attributes:
        codes: (R, F) the level of every source, not shared between configurations.
        cells: (R,) the configuration.

    Raises:
        AnalysisError: The sources cannot be told apart.
    """

    codes: NDArray[np.intp]
    cells: NDArray[np.intp]

    def __post_init__(self) -> None:
        if np.linalg.matrix_rank(self._expected, tol=_ROUNDING) < len(self._expected):
            raise AnalysisError("these kinds of chance cannot be told apart by these runs")

    @property
    def has_rest(self) -> bool:
        """Whether there is something left that no source explains."""
        return not any(map(_is_single, self.codes.T))

    def estimate(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The variances of the sources and, if there is one, of the rest; may be negative.

        Args:
            values: (..., R) of the runs.
        """
        sums = np.stack([self._within(values, part) for part in self._partitions], axis=-1)
        solved = np.linalg.solve(self._expected, sums[..., None])[..., 0]
        return solved.astype(np.float64)

    @cached_property
    def _partitions(self) -> list[NDArray[np.intp]]:
        return [self.cells, *(source for source in self.codes.T if not _is_single(source))]

    @cached_property
    def _expected(self) -> NDArray[np.float64]:
        """Row: a partition; column: a source, then the rest."""
        rows = []
        for sets in self._partitions:
            sizes = np.bincount(sets)
            row = [
                sizes.sum() - float((_joint(sets, source) ** 2 / sizes[:, None]).sum())
                for source in self.codes.T
            ]
            rows.append([*row, float((sizes - 1).sum())] if self.has_rest else row)
        return np.array(rows)

    def _within(self, values: NDArray[np.float64], sets: NDArray[np.intp]) -> NDArray[np.float64]:
        member = np.equal.outer(np.arange(sets.max() + 1), sets).astype(np.float64)
        means = values @ (member / member.sum(axis=1, keepdims=True)).T
        squares: NDArray[np.float64] = ((values - means[..., sets]) ** 2).sum(axis=-1)
        return squares


def _is_single(source: NDArray[np.intp]) -> bool:
    """Whether every run has a level of its own."""
    return len(np.unique(source)) == len(source)


def _joint(sets: NDArray[np.intp], levels: NDArray[np.intp]) -> NDArray[np.float64]:
    """How many runs every set has of every level."""
    table = np.zeros((sets.max() + 1, levels.max() + 1))
    np.add.at(table, (sets, levels), 1)
    return table
