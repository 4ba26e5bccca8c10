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
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.groups import done_runs
from analysis.errors import AnalysisError
from analysis.stats import inference
from analysis.stats.design.experiment import require_experiment
from analysis.stats.effects import ALPHA, MARGIN, require_replicates
from analysis.stats.inference import Differences
from analysis.stats.pairs import Pairs, pair
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
        level: The p-value that decides, after the correction at its strictest.
    """

    margin: float
    level: float

    @property
    def confidence(self) -> float:
        """Of the intervals that would decide."""
        return 1 - self.level


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
    further_runs: str


def claims(runs: pd.DataFrame, *, margin: float = MARGIN) -> pd.DataFrame:
    """The published claims under every preset that the runs have: one row each, in published order.

    Columns: `published`, the figure of the claim, `published_bars`, the same estimate from the
    published bars themselves (one seed each); `estimate` with its 95 % interval; `p_for` and
    `p_against`, corrected over the claims of the preset; `margin`, below which a difference counts
    as none, by default as in `effects`; `verdict`; `further_runs`, what would decide an undecided
    one if the spread stays as it is; `note`, why it could not be tested. Accuracies and their
    differences are fractions.

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
        rows += decide(list(_tested(done, preset, margin)))
    order = {claim.key: place for place, claim in enumerate(CLAIMS)}
    rows.sort(key=lambda row: order[row["claim"]])
    return pd.DataFrame(rows, columns=list(COLUMNS))


def select(runs: pd.DataFrame, claim: Claim) -> pd.DataFrame:
    """The runs that a claim is about; a param that a run does not have is none of its values."""
    chosen = runs["dynamics"].isin(claim.dynamics)
    for param, values in claim.where.items():
        if param not in runs:
            return runs.iloc[:0]
        chosen &= runs[param].map(as_text).isin([as_text(value) for value in values])
    return runs[chosen]


def _presets(done: pd.DataFrame) -> list[str]:
    """The published one first; the baseline that does not spike has none, and comes last."""
    named = sorted(done["preset"].dropna().unique(), reverse=True) if "preset" in done else []
    return [*named, _NO_PRESET] if (done["dynamics"] == "mlp").any() else named


def _tested(done: pd.DataFrame, preset: str, margin: float) -> Iterator[dict[str, Any]]:
    has_none = done["dynamics"] == "mlp"
    of_preset = done[has_none if preset == _NO_PRESET else (done["preset"] == preset) & ~has_none]
    about = [c for c in CLAIMS if (c.dynamics == ("mlp",)) == (preset == _NO_PRESET)]
    test = _Test(margin, ALPHA / len(about))
    for claim in about:
        row: dict[str, Any] = {
            "claim": claim.key,
            "statement": claim.statement,
            "preset": preset,
            "published": claim.published,
            "published_bars": _of_published_bars(claim),
            "margin": margin,
        }
        try:
            finding = _finding(select(of_preset, claim), claim, test)
        except AnalysisError as error:
            row |= {"verdict": UNTESTED, "note": str(error)}
        else:
            row |= vars(finding)
        yield row


def _finding(runs: pd.DataFrame, claim: Claim, test: _Test) -> _Finding:
    if runs.empty:
        raise AnalysisError(f"no finished run: spikesweep run {' or '.join(claim.sweeps)}")
    require_experiment(runs)
    match claim:
        case Reaches(published=float() as figure):
            return _reaches(runs, figure - test.margin, test)
        case Changes():
            pairs = pair(runs, claim.factor, claim.baseline, claim.level, _METRIC)
            return _changes(pairs, claim.direction, test)
        case NoChange():
            return _no_change(pair(runs, claim.factor, claim.baseline, claim.level, _METRIC), test)
    raise AssertionError(claim)


def _reaches(runs: pd.DataFrame, bound: float, test: _Test) -> _Finding:
    if runs["group_id"].nunique() > 1:
        raise AnalysisError("the runs that it is about differ in more than the seed")
    accuracies = runs[_METRIC].to_numpy(np.float64)
    if len(accuracies) < 2:
        raise AnalysisError("one seed only, so that chance cannot be told from effect")
    low, high = inference.student_interval(accuracies)
    above = inference.greater_p(accuracies, bound)
    distance = abs(accuracies.mean() - bound)
    needed = inference.units_to_decide(accuracies, distance, test.confidence)
    return _Finding(
        estimate=float(accuracies.mean()),
        low=low,
        high=high,
        n_configurations=1,
        n_seeds=len(accuracies),
        p_for=above,
        p_against=1 - above,
        further_runs=_further(needed, len(accuracies), "seeds", 1),
    )


def _changes(pairs: Pairs, direction: int, test: _Test) -> _Finding:
    units = _units(pairs) * direction
    p = inference.difference_p(units, test.level)
    mean = float(units.mean())
    return _described(
        pairs,
        p_for=p if mean > 0 else 1.0,
        p_against=1 - inference.greater_p(units, test.margin),
        distance=mean if mean > 0 else test.margin - mean,
        test=test,
    )


def _no_change(pairs: Pairs, test: _Test) -> _Finding:
    units = _units(pairs)
    size = abs(float(units.mean()))
    return _described(
        pairs,
        p_for=inference.equivalence_p(units, test.margin),
        p_against=inference.difference_p(units, test.level),
        distance=test.margin - size if size < test.margin else size,
        test=test,
    )


def _units(pairs: Pairs) -> Differences:
    require_replicates(pairs)
    return pairs.units


def _described(
    pairs: Pairs, *, p_for: float, p_against: float, distance: float, test: _Test
) -> _Finding:
    units = pairs.units
    low, high = inference.interval(units)
    return _Finding(
        estimate=float(units.mean()),
        low=low,
        high=high,
        n_configurations=pairs.n_configurations,
        n_seeds=pairs.n_seeds,
        p_for=p_for,
        p_against=p_against,
        further_runs=_further_pairs(pairs, distance, test.confidence),
    )


def _further_pairs(pairs: Pairs, distance: float, confidence: float) -> str:
    """The cheaper of more seeds of these configurations, and more configurations."""
    units = pairs.units
    needed = inference.units_to_decide(units, distance, confidence)
    if pairs.n_configurations == 1:
        return _further(needed, len(units), "seeds", 2)
    seeds = inference.seeds_to_decide(pairs.differences, distance, confidence)
    more_configurations = _further(needed, len(units), "configurations", 2 * pairs.n_seeds)
    if seeds is None:
        return more_configurations
    more_seeds = _further(seeds, pairs.n_seeds, "seeds of each", 2 * len(units))
    return min(more_seeds, more_configurations, key=lambda text: int(text.split()[0]))


def _further(needed: int | None, have: int, of_what: str, runs_each: int) -> str:
    if needed is None:
        return f"more than {inference.MOST_UNITS} {of_what}"
    more = max(1, needed - have)
    what = of_what if more > 1 else of_what.replace("seeds", "seed").replace("tions", "tion")
    return f"{more * runs_each} ({more} more {what})"


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
