"""The effects of the factors: paired differences with intervals, corrected tests and equivalence.

Assumes that the runs are a designed comparison (a grid, or the same configurations with a factor
switched), that its units are a sample of those that the statement is to hold for, and independent
of each other; seeds within a unit need not be. What cannot be told from the runs is not estimated:
the table says why in `attrs["refused"]`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.blocks import by_block
from analysis.data.groups import done_runs, groups_within, require_param
from analysis.data.labels import pooled
from analysis.errors import AnalysisError
from analysis.records import FACTORS, State
from analysis.stats import inference
from analysis.stats.chance import crossed, lopsided
from analysis.stats.chance.evidence import Evidence
from analysis.stats.correction import holm
from analysis.stats.design.experiment import require_experiment
from analysis.stats.design.looks import ALPHA, at_least, penalty
from analysis.stats.margins import MARGIN, Margin, as_margin
from analysis.stats.pairing.factors import NOT_FACTORS, comparisons
from analysis.stats.pairing.matching import Matching
from analysis.stats.pairing.pairs import Pairs, require_replicates
from analysis.stats.verdict import verdict

COLUMNS = (
    "group",
    "factor",
    "baseline",
    "level",
    "n_configurations",
    "n_seeds",
    "n_groups",
    "n_pairs",
    "estimate",
    "low",
    "high",
    "median",
    "median_low",
    "median_high",
    "effect_size",
    "test",
    "looks",
    "p",
    "p_holm",
    "margin",
    "p_equivalence",
    "p_equivalence_holm",
    "verdict",
    "matched",
    "along",
)


def effects(
    runs: pd.DataFrame,
    factors: Sequence[str] = (),
    metric: str = "test_accuracy",
    *,
    margin: float | Margin = MARGIN,
    within: Sequence[str] = (),
    tuned: bool = False,
    block: str = "",
    group: str = "",
    fixed: bool = False,
    looks: int = 1,
) -> pd.DataFrame:
    """The effect of every factor on a metric: one row per level that is compared with the baseline.

    Columns: `group`, the values of the params `within`; `estimate`, the mean over the units of
    their mean paired difference, level minus baseline, in units of the metric, and its 95 %
    interval `low`, `high` (studentised bootstrap over units; below 6 of them Student's; Student's,
    too, where seeds that the units share add to the chance); `median` of the units and its interval
    from order statistics, from 8 units on; `effect_size`, Cohen's d of the units; `p` of
    the `test`, by sign flips of the units, Student's where they are too few for flips to decide
    anything after the correction, or with the error of shared seeds; `looks`, the stages of the
    sweeps at which it could be tested, see `analysis.stats.design.looks`; `p_holm`, corrected for
    them and over all rows; `p_equivalence` of two one-sided t-tests against the `margin` (in units
    of the metric), and corrected in the same way; `verdict`: higher or lower
    (p_holm < 0.05), else equivalent (p_equivalence_holm < 0.05), else undecided; and skewed where
    the median contradicts it, see `lopsided.disagree`; `matched`, the share of runs with a partner;
    `along`, params that change with the factor by their defaults.

    `attrs`: `metric`; `margin`, as it was asked for; `pooled`, over which data sets and epochs the
    effects are, if several; `copies`, the most units of a comparison in which networks are trained
    several times, and how many networks they are, or None; `unshared`, rows of which it cannot be
    told what the shared seeds add; `tuned`; `block`; `fixed`; `group`; `refused`, factor → why it
    cannot be estimated; `left_out`, how many runs are not finished, by state; `baselines`, as
    `by_change` gives them; `bundles`, as `bundled` does; `looks_without_effect`, the `looks` that
    were asked for, if as many were counted.

    >>> runs = load_runs([committed("published-fashion")])
    >>> table = effects(runs, ["dynamics"], within=["preset"])
    >>> table[["group", "level", "verdict"]].values.tolist()
    [['default preset', 'alif', 'equivalent'], ['published preset', 'alif', 'higher']]

    Args:
        runs: As `load_runs` gives them.
        factors: Params to compare; all that vary when empty.
        metric: Column of the runs.
        margin: Differences below it count as none; a number is in units of the metric.
        within: Params whose values are looked at apart, each for itself.
        tuned: Compare the levels as searches have tuned them, one configuration of each, run with
            fresh seeds: all that differs is part of the level. The interval is then over seeds, and
            holds for these configurations.
        block: Param whose values are the sample, such as `dataset` where speakers are held out in
            turn: the seeds of a block are averaged, and the units are the blocks. `n_seeds` are
            then blocks.
        group: The param for the groups of the test set in runs that `by_group` gave. Pairs are then
            of one group and seed, and the units are seeds and groups together, see
            `analysis.stats.chance.crossed`; `n_groups` counts the groups.
        fixed: The configurations are those that the statement is about, and no sample of others:
            the differences of a seed are averaged over them, and the units are the seeds.
        looks: How often the data were looked at until now, this time included, at least: p-values
            are corrected for it. Stages of the sweeps count by themselves.

    Raises:
        AnalysisError: A search chose or pruned some of the runs, and they are not compared as
            tuned. Or no factor can be estimated; the text has the first reason. Or a factor is the
            group itself.
    """
    if group and group in factors:
        raise AnalysisError(f"{group}: is what the runs are paired within, not a factor")
    if not tuned:
        require_experiment(runs)
    runs = by_block(runs, block) if block else runs
    crossing = "" if group in within else group  # within a group, its seeds are the sample
    done = done_runs(runs, [metric])
    match = partial(
        Matching, metric=metric, tuned=tuned, blocked=fixed or bool(block), crossed=crossing
    )
    found, refused = _all_pairs(groups_within(done, within), factors, match)
    counted = min(len(pairs.looks) for _, pairs in found)
    found = [(name, replace(one, looks=at_least(one.looks, looks))) for name, one in found]
    allowed = as_margin(margin)
    table = _judged(pd.DataFrame(_rows(found, allowed, metric)))
    left_out = runs.loc[runs["state"] != State.DONE, "state"].value_counts().to_dict()
    table.attrs |= {
        "metric": metric,
        "margin": allowed,
        "pooled": pooled(done, within),
        "copies": _copies([pairs for _, pairs in found]),
        "unshared": sum(not pairs.n_groups and not pairs.evidence.told for _, pairs in found),
        "tuned": tuned,
        "block": block,
        "fixed": fixed,
        "group": crossing,
        "refused": refused,
        "left_out": left_out,
        "looks_without_effect": looks if 1 < looks <= counted else 0,
        "baselines": runs.attrs.get("baselines", {}),
        "bundles": runs.attrs.get("bundles", {}),
    }
    return table


def _all_pairs(
    groups: Iterable[tuple[str, pd.DataFrame]],
    factors: Sequence[str],
    match: Callable[[pd.DataFrame], Matching],
) -> tuple[list[tuple[str, Pairs]], dict[str, str]]:
    """The comparisons, each with its group, and why factors cannot be estimated, by factor."""
    found: list[tuple[str, Pairs]] = []
    refused: dict[str, str] = {}
    for group, members in groups:
        matching = match(members)
        for factor in factors or matching.factors:
            compared, reason = _compared(members, matching, factor)
            found += [(group, pairs) for pairs in compared]
            if reason:
                refused[f"{group}, {factor}" if group else factor] = reason
    if not found and not refused:
        raise AnalysisError("the finished runs differ in no param but the seed: nothing to compare")
    if not found:
        raise AnalysisError(next(iter(refused.values())))
    return found, refused


def _compared(runs: pd.DataFrame, matching: Matching, factor: str) -> tuple[list[Pairs], str]:
    """The estimates of a factor, and the first reason why one is missing."""
    found, reasons = list[Pairs](), list[str]()
    try:
        _require_factor(runs, factor)
    except AnalysisError as error:
        return [], str(error)
    compared = comparisons(runs, factor)
    for levels in compared:
        try:
            pairs = matching.pair(factor, *levels)
            require_replicates(pairs)
            found.append(pairs)
        except AnalysisError as error:
            told = str(error).removeprefix(f"{factor}: ")
            where = f"{' → '.join(levels)}: " if len(compared) > 1 else ""
            reasons.append(f"{factor}: {where}{told}")
    return found, reasons[0] if reasons else ""


def _require_factor(done: pd.DataFrame, factor: str) -> None:
    if factor in NOT_FACTORS:
        raise AnalysisError(f"{factor} is not a factor: known are {', '.join(FACTORS[1:])}, …")
    require_param(done, factor)
    if done[factor].nunique() < 2:
        raise AnalysisError(f"{factor}: all finished runs have the same, nothing to compare")


def _copies(found: Sequence[Pairs]) -> tuple[int, int] | None:
    """The most units of a comparison of which some are one network, and its networks."""
    sampled = [pairs for pairs in found if not pairs.blocked and not pairs.n_groups]
    counts = [(pairs.n_configurations, pairs.n_networks) for pairs in sampled]
    return max((count for count in counts if count[0] > count[1]), default=None)


def _rows(found: Sequence[tuple[str, Pairs]], margin: Margin, metric: str) -> list[dict[str, Any]]:
    level = ALPHA / len(found)  # of Holm's correction, at its strictest
    margin.of(0.0, metric)  # refused for all factors at once, or for none
    return [
        {"group": group, **_row(pairs, margin.of(pairs.level_of_baseline, metric), level)}
        for group, pairs in found
    ]


def _row(pairs: Pairs, margin: float, level: float) -> dict[str, Any]:
    judged = _of_groups(pairs, margin) if pairs.n_groups else _of_units(pairs, margin, level)
    return {
        "factor": pairs.factor,
        "baseline": pairs.baseline,
        "level": pairs.level,
        "n_configurations": pairs.n_configurations,
        "n_seeds": pairs.n_seeds,
        "n_pairs": len(pairs.differences),
        **judged,
        "looks": len(pairs.looks),
        "penalty": penalty(pairs.looks),
        "margin": margin,
        "matched": pairs.matched,
        "along": ", ".join(pairs.along),
    }


def _of_units(pairs: Pairs, margin: float, level: float) -> dict[str, Any]:
    found, level = pairs.evidence, level / penalty(pairs.looks)
    low, high = found.interval
    return {
        "estimate": found.mean,
        "low": low,
        "high": high,
        **_median(found),
        "effect_size": inference.effect_size(pairs.units),
        "test": found.test(level),
        "p": found.difference_p(level),
        "p_equivalence": found.equivalence_p(margin),
    }


def _median(found: Evidence) -> dict[str, float]:
    middle = lopsided.median(found.units, found.widening)
    return {
        "median": middle.median,
        "median_low": middle.low,
        "median_high": middle.high,
    }


def _of_groups(pairs: Pairs, margin: float) -> dict[str, Any]:
    found = crossed.crossed(pairs.differences)
    low, high = found.interval
    return {
        "n_groups": pairs.n_groups,
        "estimate": found.mean,
        "low": low,
        "high": high,
        "effect_size": found.size,
        "test": crossed.TEST,
        "p": found.difference_p,
        "p_equivalence": found.equivalence_p(margin),
    }


def _judged(table: pd.DataFrame) -> pd.DataFrame:
    """With the corrected p-values and the verdicts."""
    for name in ("p", "p_equivalence"):
        table[f"{name}_holm"] = holm(table[name] * table["penalty"])
    wanted = ["estimate", "p_holm", "p_equivalence_holm", "margin"]
    medians = ["median", "median_low", "median_high"]
    table["verdict"] = [
        verdict(mean, p, p_equivalence, margin, lopsided.Median(*middle))
        for mean, p, p_equivalence, margin, *middle in table.reindex(columns=[*wanted, *medians])
        .to_numpy(np.float64)
        .tolist()
    ]
    return table[[name for name in COLUMNS if name in table]]
