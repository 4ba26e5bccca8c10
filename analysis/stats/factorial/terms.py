"""The terms of a factorial design, as runs: main effects, and interactions of two factors.

With the metric y of a network with a seed at all combinations of the factors, and means over those
of the other factors,

    main effect of A:       mean of y(a1) − y(a0)
    interaction of A, B:    mean of [y(a1, b1) − y(a0, b1)] − [y(a1, b0) − y(a0, b0)]

Least squares with factors coded −1/2 and +1/2 gives the same where all combinations were run. Where
some are missing, the mean is over those of the other factors at which both levels (all four
combinations) were run, so that no effect is mixed with another one (aliased).

Source: Box, Hunter & Hunter, "Statistics for experimenters", 2nd edition, 2005, chapter 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.data.groups import require_param
from analysis.errors import AnalysisError
from analysis.records import State
from analysis.stats.design.looks import stages
from analysis.stats.pairing.factors import comparisons, free_params
from analysis.text.typeset import as_text

TERM, SIDE = "term", "side"
"""The params that say which term a run is of, and which side of its difference: 0 or 1."""

Cube = NDArray[np.float64]
"""The metric of each network and seed, and along every other axis at each level of a factor."""


@dataclass(frozen=True)
class Term:
    """A main effect, or an interaction of two factors, from one level to another one of each.

    Attributes:
        factors: Their names.
        before: The level of each, as text.
        after: The level of each that it is compared with.
    """

    factors: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def name(self) -> str:
        """`initial_weights × threshold_gradient`."""
        return " × ".join(self.factors)


@dataclass(frozen=True)
class Terms:
    """The terms of a design, made of its finished runs.

    Attributes:
        runs: Two for every term, network and seed; their difference is that of the term.
        terms: By the value of `TERM` in these runs.
        used: The share of the combinations of the other factors that a term is a mean over.
        refused: Term → why it cannot be told from the others.
    """

    runs: pd.DataFrame
    terms: dict[int, Term]
    used: dict[int, float]
    refused: dict[str, str]


def terms_of(
    done: pd.DataFrame, factors: Sequence[str], networks: Sequence[str], metric: str
) -> Terms:
    """All main effects, and all interactions of two factors.

    Args:
        done: Finished runs; they have the metric.
        factors: Two or more params, which were crossed.
        networks: Params that make the networks in which that was done.
        metric: Column of the runs.

    Raises:
        AnalysisError: A factor does not vary, or another param does.
    """
    for name in [*factors, *networks]:
        require_param(done, name)
    _require_named(done, factors, networks)
    levels = {name: _levels(done, name) for name in factors}
    cells, cube = _cube(done, levels, networks, metric)
    parts, terms, used = list[pd.DataFrame](), dict[int, Term](), dict[int, float]()
    refused = dict[str, str]()
    for number, term in enumerate(_all_terms(levels)):
        sides = _sides(cube, levels, term)
        there = np.isfinite(sides[1] - sides[0])
        if not there.any():
            refused[term.name] = _aliased(term)
            continue
        terms[number], used[number] = term, float(there.mean())
        some = there.any(axis=1)
        for side, values in enumerate(sides):
            means = np.nanmean(np.where(there, values, np.nan)[some], axis=1)
            part = cells[some].assign(**{TERM: number, SIDE: side, metric: means})
            parts.append(part)
    runs = _as_runs(pd.concat(parts, ignore_index=True), networks) if parts else pd.DataFrame()
    return Terms(runs, terms, used, refused)


def _levels(done: pd.DataFrame, factor: str) -> list[str]:
    """As text, the baseline first."""
    pairs = comparisons(done, factor)
    if not pairs:
        raise AnalysisError(f"{factor}: all finished runs have the same, nothing to compare")
    return [pairs[0][0], *(level for _, level in pairs)]


def _require_named(done: pd.DataFrame, factors: Sequence[str], networks: Sequence[str]) -> None:
    """Check that no other param varies, but for those that follow from the named ones."""
    named = [*factors, *networks]
    twice = sorted({*factors} & {*networks})
    if twice:
        raise AnalysisError(f"{twice[0]}: is a factor, or makes networks (--across), but not both")
    if len({*factors}) < 2:
        raise AnalysisError("interactions need two factors that vary and exist in all runs")
    cells = done[named].map(as_text).agg("\0".join, axis="columns")
    others = [
        name
        for name in free_params(done)
        if name not in named and int(done[name].map(as_text).groupby(cells).nunique().max()) > 1
    ]
    if others:
        raise AnalysisError(
            f"{', '.join(others)}: varies, too; name it as a factor (--factor), or as a param that "
            "makes networks (--across)"
        )


def _cube(
    done: pd.DataFrame, levels: dict[str, list[str]], networks: Sequence[str], metric: str
) -> tuple[pd.DataFrame, Cube]:
    """The networks with their seeds, and the metric of each at all combinations; NaN: not run."""
    keys = [*networks, "seed"]
    table = done[[*networks, "seed", metric]].assign(
        **{name: done[name].map(as_text).astype("str") for name in levels}, stage=stages(done)
    )
    wide = table.groupby([*keys, *levels], dropna=False)[metric].mean().unstack([*levels])
    wide = wide.reindex(columns=pd.MultiIndex.from_product([*levels.values()]))
    # A combination is complete with its last run: a term is tested when all of them are there.
    last = table.groupby(keys, dropna=False)["stage"].max().reindex(wide.index)
    cells = wide.index.to_frame(index=False).assign(launched=last.to_numpy())
    shape = [len(wide), *(len(names) for names in levels.values())]
    return cells, wide.to_numpy(np.float64).reshape(shape)


def _all_terms(levels: dict[str, list[str]]) -> Iterator[Term]:
    for name, (first, *others) in levels.items():
        yield from (Term((name,), (first,), (other,)) for other in others)
    for pair in combinations(levels, 2):
        before = tuple(levels[name][0] for name in pair)
        for after in product(*(levels[name][1:] for name in pair)):
            yield Term(pair, before, after)


def _sides(cube: Cube, levels: dict[str, list[str]], term: Term) -> tuple[Cube, Cube]:
    """What the term subtracts, and what it subtracts it from: (cells, combinations of others)."""
    axes = [[*levels].index(name) + 1 for name in term.factors]
    places = [
        [levels[name].index(level) for level in (before, after)]
        for name, before, after in zip(term.factors, term.before, term.after, strict=True)
    ]
    part = cube
    for axis, place in zip(axes, places, strict=True):
        part = np.take(part, place, axis=axis)
    part = np.moveaxis(part, axes, range(len(axes)))  # the factors of the term come first
    if len(axes) == 2:
        part = part[1] - part[0]  # the effect of the first factor at both levels of the second
    return tuple(side.reshape(len(cube), -1) for side in part)


def _aliased(term: Term) -> str:
    if len(term.factors) == 1:
        return (
            "no two runs differ in it alone, so that its effect cannot be told from others "
            "(it is aliased with them)"
        )
    return (
        "never were all four combinations run with the others the same, so that it cannot be "
        "told from other effects (it is aliased with them)"
    )


def _as_runs(table: pd.DataFrame, networks: Sequence[str]) -> pd.DataFrame:
    """With the columns that `effects` asks of runs."""
    network = table[[*networks]].map(as_text).agg(" ".join, axis="columns") if networks else ""
    return table.assign(
        sweep="factorial", state=State.DONE, group_id=network, best_val_accuracy=0.0
    )
