"""Kinds of chance of a run, and which of them can be told apart in some runs.

A kind of chance has the seed of its own param, or that of all (`seed`). Two kinds of which the
seeds change together in all runs, as they do where only `seed` varies, are one source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.data.groups import done_runs
from analysis.data.runs import param_columns
from analysis.errors import AnalysisError
from analysis.text.typeset import as_text

KINDS = {
    "seed_weights": "initial weights",
    "seed_order": "order",
    "seed_split": "split",
    "seed_spikes": "spikes",
}
"""Params, and what they are the seeds of."""

_RANDOM_CODES = frozenset({"poisson"})


@dataclass(frozen=True)
class Sources:
    """The runs by their sources of chance.

    Attributes:
        names: Of the sources, in words.
        codes: (R, F) the level of every source in every run.
        cells: (R,) the configuration of every run.
        values: (R,) the metric.
        left_out: Kinds of chance that do not vary.
    """

    names: tuple[str, ...]
    codes: NDArray[np.intp]
    cells: NDArray[np.intp]
    values: NDArray[np.float64]
    left_out: tuple[str, ...]

    def levels(self, source: int) -> int:
        """The fewest levels that a configuration has of a source."""
        pairs = np.unique(np.stack([self.cells, self.codes[:, source]]), axis=1)
        return int(np.bincount(pairs[0]).min())


def sources(runs: pd.DataFrame, metric: str) -> Sources:
    """The finished runs by their sources of chance.

    Args:
        runs: As `load_runs` gives them.
        metric: Column of the runs.

    Raises:
        AnalysisError: None is done or one lacks the metric, or none has another of the same
            configuration.
    """
    done = done_runs(runs, [metric])
    seeds = {name: _seeds(done, param) for param, name in _kinds(done).items()}
    params = [name for name in param_columns(done) if name not in {"seed", *KINDS}]
    cells = np.zeros(len(done), np.intp)  # without params, all are of one configuration
    if params:
        cells = pd.factorize(done[params].map(as_text).agg("\0".join, axis=1))[0]
    several = np.isin(cells, np.flatnonzero(np.bincount(cells) > 1))
    if not several.any():
        raise AnalysisError(
            "no configuration was run twice: give it several seeds, for example seeds: [0, 1, 2, 3]"
        )
    cells = pd.factorize(cells[several])[0]
    codes = {name: _within(values[several], cells) for name, values in seeds.items()}
    names, columns, left_out = _told_apart(codes, cells)
    return Sources(
        names=names,
        codes=np.stack(columns, axis=1),
        cells=cells,
        values=done[metric].to_numpy(np.float64)[several],
        left_out=left_out,
    )


def _kinds(done: pd.DataFrame) -> dict[str, str]:
    """The kinds of chance that runs have: spikes only where a code is random."""
    random = "encoding" in done and done["encoding"].isin(_RANDOM_CODES).any()
    own = "seed_spikes" in done and done["seed_spikes"].notna().any()
    return {k: name for k, name in KINDS.items() if k != "seed_spikes" or random or own}


def _seeds(done: pd.DataFrame, param: str) -> NDArray[np.int64]:
    whole = pd.to_numeric(done["seed"])
    own = pd.to_numeric(done[param], errors="coerce") if param in done else None
    found: pd.Series[int] = whole if own is None else own.fillna(whole)
    return np.array(found.tolist(), np.int64)


def _within(seeds: NDArray[np.int64], cells: NDArray[np.intp]) -> NDArray[np.intp]:
    """Levels of every configuration by itself: what a seed does to one says nothing of another."""
    pairs = np.stack([cells, seeds])
    levels = np.unique(pairs, axis=1, return_inverse=True)[1].ravel()
    return np.asarray(levels, np.intp)


def _told_apart(
    codes: dict[str, NDArray[np.intp]], cells: NDArray[np.intp]
) -> tuple[tuple[str, ...], Sequence[NDArray[np.intp]], tuple[str, ...]]:
    """Kinds with the same levels in all runs are one; kinds with one level are left out."""
    together: dict[tuple[int, ...], list[str]] = {}
    left_out = []
    for name, column in codes.items():
        first = tuple(pd.factorize(column)[0].tolist())
        if first == tuple(pd.factorize(cells)[0].tolist()):
            left_out.append(name)
        else:
            together.setdefault(first, []).append(name)
    if not together:
        raise AnalysisError("the runs of a configuration differ in no seed")
    names = tuple(" + ".join(parts) for parts in together.values())
    return names, [np.array(column, np.intp) for column in together], tuple(left_out)
