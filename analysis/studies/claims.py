"""The published claims, tested with our runs: estimate, interval, verdict, what would decide it.

A claim holds, does not hold, or is undecided: a large p-value never decides anything. Two tests
are made of each, one that could show that it holds and one that could show that it does not, and
both are corrected (Holm) over the claims under a preset.

| claim | shown by | refuted by |
| --- | --- | --- |
| a configuration reaches a figure | mean > figure − margin | mean < figure − margin |
| a factor raises the accuracy | difference > 0 | difference < margin |
| a factor makes no difference | difference within ± margin | difference ≠ 0 |
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.groups import done_runs
from analysis.errors import AnalysisError
from analysis.stats import inference
from analysis.stats.design.experiment import require_experiment
from analysis.stats.design.looks import (
    Looks,
    at_least,
    level,
    looks_of,
    penalty,
    spent,
    stages,
)
from analysis.stats.margins import MARGIN, Margin, as_margin
from analysis.stats.pairing.matching import pair
from analysis.stats.pairing.pairs import Pairs, require_replicates
from analysis.stats.power.further import chance_of, further, further_pairs
from analysis.stats.power.plans import Chance, Goal, beyond, different, units_needed, within
from analysis.studies.published import published_results
from analysis.studies.published_claims import CLAIMS, Changes, Claim, NoChange, Reaches
from analysis.studies.verdicts import UNTESTED, decide
from analysis.text.typeset import as_text

COLUMNS = (
    "claim",
    "statement",
    "preset",
    "published",
    "published_bars",
    "estimate",
    "low",
    "high",
    "n_configurations",
    "n_seeds",
    "p_for",
    "p_against",
    "looks",
    "margin",
    "verdict",
    "further_runs",
    "note",
)

_METRIC = "test_accuracy"
_NO_PRESET = "none"


@dataclass(frozen=True)
class _Test:
    """How the claims under a preset are tested.

    Attributes:
        margin: A smaller difference counts as none.
        share: The part of 5 % that is left for each of them by the correction at its strictest.
        looks: How often the runs were looked at until now, at least.
        by_network: Whether a network counts once, on however many data sets it was trained and for
            however many numbers of epochs.
    """

    margin: Margin
    share: float
    looks: int
    by_network: bool = False

    def level(self, looks: Looks) -> float:
        """The p-value that decides now."""
        return level(looks) * self.share

    def following(self, looks: Looks) -> float:
        """One that decides at the next look, however many runs it has."""
        return spent(len(looks) + 1) * self.share


@dataclass(frozen=True, kw_only=True)
class _Finding:
    """What the runs say of one claim under one preset."""

    estimate: float
    low: float
    high: float
    n_configurations: int
    n_seeds: int
    p_for: float
    p_against: float
    looks: int
    penalty: float
    margin: float
    further_runs: str


def claims(runs: pd.DataFrame, *, margin: float | Margin = MARGIN, looks: int = 1) -> pd.DataFrame:
    """The published claims under every preset that the runs have: one row each, in published order.

    Columns: `published`, the figure of the claim, `published_bars`, the same estimate from the
    published bars themselves (one seed each); `estimate` with its 95 % interval; `looks`, the
    stages of the sweeps at which it could be tested; `p_for` and `p_against`, corrected for them
    and over the claims of the preset; `margin`, below which a difference counts as none, by default
    as in `effects`; `verdict`; `further_runs`, what would decide an undecided one at the next look
    with a power of 80 %, if the spread and the estimate stay as they are; `note`, why it could not
    be tested, or that the verdict would be another one if a network counted once, however often it
    was trained. Accuracies and their differences are fractions. `attrs["margin"]` is the margin as
    it was asked for.

    >>> table = claims(load_runs([committed("published-fashion")]))
    >>> table.loc[table["claim"] == "best-fashion", ["preset", "verdict"]].values.tolist()
    [['published', 'holds'], ['default', 'holds']]

    Raises:
        AnalysisError: no run is finished, or they are not of networks like the published ones.
    """
    done = done_runs(runs, [_METRIC])
    if "dynamics" not in done:
        raise AnalysisError("the runs have no param 'dynamics': they are not of such networks")
    rows: list[dict[str, Any]] = []
    for preset in _presets(done):
        of_preset, alone = (
            decide(list(_tested(runs, done, preset, as_margin(margin), looks, by_network)))
            for by_network in (False, True)
        )
        rows += [_noted(*both) for both in zip(of_preset, alone, strict=True)]
    order = {claim.key: place for place, claim in enumerate(CLAIMS)}
    rows.sort(key=lambda row: order[row["claim"]])
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table.attrs["margin"] = as_margin(margin)
    return table


def select(runs: pd.DataFrame, claim: Claim) -> pd.DataFrame:
    """The runs that a claim is about; a param that a run does not have is none of its values."""
    chosen = runs["dynamics"].isin(claim.dynamics) & _all_of(runs, claim.where)
    if claim.without:
        chosen &= ~_all_of(runs, claim.without)
    return runs[chosen]


def _all_of(runs: pd.DataFrame, wanted: Mapping[str, Sequence[Any]]) -> pd.Series[bool]:
    """The runs that have one of the values of each param."""
    chosen = pd.Series(True, runs.index)
    for param, values in wanted.items():
        if param not in runs:
            return pd.Series(False, runs.index)
        chosen &= runs[param].map(as_text).isin([as_text(value) for value in values])
    return chosen


def _presets(done: pd.DataFrame) -> list[str]:
    """The published one first; the baseline that does not spike has none, and comes last."""
    named = sorted(done["preset"].dropna().unique(), reverse=True) if "preset" in done else []
    return [*named, _NO_PRESET] if (done["dynamics"] == "mlp").any() else named


def _noted(row: dict[str, Any], by_network: dict[str, Any]) -> dict[str, Any]:
    """The row, with a note where its verdict holds only if a network's copies are independent."""
    if row["verdict"] == by_network["verdict"] or by_network["verdict"] == UNTESTED:
        return row
    note = f"{by_network['verdict']} over the {by_network['n_configurations']} networks alone"
    return {**row, "note": "; ".join(filter(None, [row["note"], note]))}


def _tested(
    runs: pd.DataFrame,
    done: pd.DataFrame,
    preset: str,
    margin: Margin,
    looks: int,
    by_network: bool,
) -> Iterator[dict[str, Any]]:
    has_none = done["dynamics"] == "mlp"
    of_preset = done[has_none if preset == _NO_PRESET else (done["preset"] == preset) & ~has_none]
    about = [c for c in CLAIMS if (c.dynamics == ("mlp",)) == (preset == _NO_PRESET)]
    test = _Test(margin, 1 / len(about), looks, by_network)
    for claim in about:
        row: dict[str, Any] = {
            "claim": claim.key,
            "statement": claim.statement,
            "preset": preset,
            "published": claim.published,
            "published_bars": _of_published_bars(claim),
            "margin": margin.of(claim.published or math.nan, _METRIC),
        }
        try:
            selected = select(of_preset, claim)
            require_experiment(runs[runs["sweep"].isin(selected["sweep"])])
            finding = _finding(selected, claim, test)
        except AnalysisError as error:
            row |= {"verdict": UNTESTED, "note": str(error)}
        else:
            row |= vars(finding)
        yield row


def _finding(runs: pd.DataFrame, claim: Claim, test: _Test) -> _Finding:
    if runs.empty:
        raise AnalysisError(f"no finished run: spikesweep run {' or '.join(claim.sweeps)}")
    match claim:
        case Reaches():
            return _reaches(runs, claim, test)
        case Changes():
            return _changes(_pairs(runs, claim, test), claim.direction, test)
        case NoChange():
            return _no_change(_pairs(runs, claim, test), test)
    raise AssertionError(claim)


def _pairs(runs: pd.DataFrame, claim: Changes | NoChange, test: _Test) -> Pairs:
    pairs = pair(runs, claim.factor, claim.baseline, claim.level, _METRIC)
    require_replicates(pairs)
    pairs = replace(pairs, looks=at_least(pairs.looks, test.looks))
    return pairs.by_network() if test.by_network else pairs


def _reaches(runs: pd.DataFrame, claim: Reaches, test: _Test) -> _Finding:
    if runs["group_id"].nunique() > 1:
        raise AnalysisError("the runs that it is about differ in more than the seed")
    accuracies = runs[_METRIC].to_numpy(np.float64)
    if len(accuracies) < 2:
        raise AnalysisError("one seed only, so that chance cannot be told from effect")
    assert claim.published is not None
    margin = test.margin.of(claim.published, _METRIC)
    low, high = inference.student_interval(accuracies)
    bound = claim.published - margin
    looks = at_least(looks_of(np.zeros(len(runs), int), stages(runs)), test.looks)
    above = inference.greater_p(accuracies, bound)
    seeds = Chance(
        units=float(accuracies.var(ddof=1)), seeds=0, rest=0, n_units=len(accuracies), n_seeds=1
    )
    goal = beyond(abs(float(accuracies.mean()) - bound), test.following(looks))
    return _Finding(
        estimate=float(accuracies.mean()),
        low=low,
        high=high,
        n_configurations=1,
        n_seeds=len(accuracies),
        p_for=above,
        p_against=1 - above,
        looks=len(looks),
        penalty=penalty(looks),
        margin=margin,
        further_runs=further(units_needed(seeds, goal), len(accuracies), "seeds", 1),
    )


def _changes(pairs: Pairs, direction: int, test: _Test) -> _Finding:
    found, now = pairs.evidence, test.level(pairs.looks)
    margin, mean = test.margin.of(pairs.level_of_baseline, _METRIC), found.mean * direction
    following = test.following(pairs.looks)
    goal = different(mean, following) if mean > 0 else beyond(margin - mean, following)
    against = found.below_p(margin) if direction > 0 else found.above_p(-margin)
    return _described(
        pairs,
        test,
        margin,
        p_for=found.difference_p(now) if mean > 0 else 1.0,
        p_against=against,
        goal=goal,
    )


def _no_change(pairs: Pairs, test: _Test) -> _Finding:
    found, now = pairs.evidence, test.level(pairs.looks)
    margin, size = test.margin.of(pairs.level_of_baseline, _METRIC), abs(found.mean)
    following = test.following(pairs.looks)
    goal = within(size, margin, following) if size < margin else different(size, following)
    return _described(
        pairs,
        test,
        margin,
        p_for=found.equivalence_p(margin),
        p_against=found.difference_p(now),
        goal=goal,
    )


def _described(
    pairs: Pairs, test: _Test, margin: float, *, p_for: float, p_against: float, goal: Goal
) -> _Finding:
    low, high = pairs.evidence.interval
    return _Finding(
        estimate=pairs.evidence.mean,
        low=low,
        high=high,
        n_configurations=pairs.n_configurations,
        n_seeds=pairs.n_seeds,
        p_for=p_for,
        p_against=p_against,
        looks=len(pairs.looks),
        penalty=penalty(pairs.looks),
        margin=margin,
        # A plan takes most of the time, and of networks alone the verdict is all that is shown.
        further_runs="" if test.by_network else further_pairs(chance_of(pairs), goal),
    )


def _of_published_bars(claim: Claim) -> float:
    """The claim's own estimate from the published bars; NaN where there are none for it."""
    bars = published_results()
    bars["learn_beta"] = bars["learn_beta"].fillna(False)
    bars = select(bars, claim)
    if bars.empty or isinstance(claim, Reaches):
        return float(bars[_METRIC].mean()) if len(bars) else math.nan
    assert isinstance(claim, Changes | NoChange)
    keys = ["dataset", "dynamics", "recurrent", "encoding", "hidden", "epochs", "learn_beta"]
    keys = [key for key in keys if key != claim.factor]
    sides = [
        bars[bars[claim.factor].map(as_text) == value].groupby(keys)[_METRIC].mean()
        for value in (claim.baseline, claim.level)
    ]
    return float((sides[1] - sides[0]).mean())
