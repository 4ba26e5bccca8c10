"""Every comparison once more: how often better, robust means, posterior probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.groups import done_runs, groups_within
from analysis.errors import AnalysisError
from analysis.stats.compare import robust
from analysis.stats.compare.posterior import posterior_of
from analysis.stats.design.experiment import require_experiment
from analysis.stats.margins import MARGIN, Margin, as_margin
from analysis.stats.pairing.factors import comparisons
from analysis.stats.pairing.matching import Matching
from analysis.stats.pairing.pairs import Pairs, require_replicates

COLUMNS = (
    "group",
    "factor",
    "baseline",
    "level",
    "n_configurations",
    "n_seeds",
    "improvement",
    "improvement_low",
    "improvement_high",
    "iqm_baseline",
    "iqm_level",
    "iqm_difference",
    "iqm_low",
    "iqm_high",
    "margin",
    "p_lower",
    "p_within",
    "p_higher",
)


def views(
    runs: pd.DataFrame,
    factors: Sequence[str] = (),
    metric: str = "test_accuracy",
    *,
    margin: float | Margin = MARGIN,
    within: Sequence[str] = (),
) -> pd.DataFrame:
    """The comparisons of `effects`, a row each, by other measures.

    Columns: `improvement`, the probability that a run of the level has more of the metric than one
    of the baseline in the same configuration, with its interval; `iqm_…`, interquartile means, and
    their difference with its interval; both intervals are over seeds and hold for these
    configurations. `p_lower`, `p_within`, `p_higher`: posterior probabilities that the mean
    difference is below, within and above ± `margin`; they have the chance of configurations, too.
    Configurations without all of the seeds are left out of the first two.

    >>> runs = load_runs([committed("published-fashion")])
    >>> views(runs, ["recurrent"], within=["preset"])["improvement"].round(2).tolist()
    [0.67, 0.1]

    Raises:
        AnalysisError: A search chose or pruned some of the runs, or no factor can be compared.
    """
    require_experiment(runs)
    rows, reasons = list[dict[str, Any]](), list[str]()
    for group, members in groups_within(done_runs(runs, [metric]), within):
        matching = Matching(members, metric)
        for factor in factors or matching.factors:
            for levels in comparisons(members, factor):
                try:
                    pairs = matching.pair(factor, *levels)
                    require_replicates(pairs)
                except AnalysisError as error:
                    reasons.append(str(error))
                    continue
                allowed = as_margin(margin).of(pairs.level_of_baseline, metric)
                rows.append({"group": group, **_row(pairs, allowed)})
    if not rows:
        raise AnalysisError(reasons[0] if reasons else "nothing to compare")
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table.attrs |= {"metric": metric, "margin": as_margin(margin)}
    return table


def _row(pairs: Pairs, margin: float) -> dict[str, Any]:
    found = posterior_of(pairs.evidence).probabilities(margin)
    return {
        "factor": pairs.factor,
        "baseline": pairs.baseline,
        "level": pairs.level,
        "n_configurations": pairs.n_configurations,
        "n_seeds": pairs.n_seeds,
        **_of_scores(pairs),
        "margin": margin,
        "p_lower": found.lower,
        "p_within": found.equivalent,
        "p_higher": found.higher,
    }


def _of_scores(pairs: Pairs) -> dict[str, float]:
    """What needs the scores themselves, (seeds, configurations); none if no seed is in all."""
    table = pairs.baselines.unstack("unit").dropna(axis="columns")
    if table.empty:
        return {}
    differences = pairs.differences.unstack("unit")[table.columns]
    baseline = table.to_numpy(np.float64)
    level = baseline + differences.to_numpy(np.float64)
    better = robust.with_interval(robust.probability_of_improvement, level, baseline)
    middle = robust.with_interval(_iqm_difference, level, baseline)
    return {
        "improvement": better.value,
        "improvement_low": better.low,
        "improvement_high": better.high,
        "iqm_baseline": float(robust.interquartile_mean(baseline)),
        "iqm_level": float(robust.interquartile_mean(level)),
        "iqm_difference": middle.value,
        "iqm_low": middle.low,
        "iqm_high": middle.high,
    }


def _iqm_difference(level: robust.Scores, baseline: robust.Scores) -> robust.Scores:
    return robust.interquartile_mean(level) - robust.interquartile_mean(baseline)
