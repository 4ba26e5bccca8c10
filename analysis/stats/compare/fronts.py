"""What searches reach at the same cost, compared over several searches of each kind.

A search is the unit: what it found depends on its sampler's seed and on the seeds of its trainings.
For a cost of at most C it names the configuration that validation chooses among its own that cost
no more, a step of its front. The test set chooses nothing, so the test metric of that configuration
is not too good. Kinds are compared by the mean over their searches, at each cost with Welch's t
interval: ȳ₂ − ȳ₁ ± t(ν)·√(s₁²/n₁ + s₂²/n₂), ν by Satterthwaite.

Source: Welch, "The generalization of Student's problem when several different population variances
are involved", Biometrika 34, 1947.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.data.groups import CHOSEN_BY, group_runs
from analysis.data.labels import metric_label
from analysis.errors import AnalysisError
from analysis.stats.chance.lopsided import Median
from analysis.stats.correction import holm
from analysis.stats.intervals import CONFIDENCE, few_units
from analysis.stats.margins import MARGIN, Margin, as_margin
from analysis.stats.readable import intervals, margin_of, p_text
from analysis.stats.verdict import verdict
from analysis.text.typeset import as_number, as_percent

Sample = NDArray[np.float64]
COST = "best_synops_per_inference"
_COVERS = (
    "The unit is a search: the network that validation chooses among its own for at most that "
    "cost. Brackets: the 95 % interval of the difference over searches and their seeds (Welch)."
)
COLUMNS = (
    "cost",
    "at_most",
    "baseline",
    "level",
    "n_baseline",
    "n_level",
    "mean_baseline",
    "mean_level",
    "estimate",
    "low",
    "high",
    "p_holm",
    "margin",
    "p_equivalence_holm",
    "verdict",
)


def reached(
    runs: pd.DataFrame,
    at_most: Sequence[float],
    metric: str = "test_accuracy",
    cost: str = COST,
) -> pd.DataFrame:
    """The metric that each search reaches for each cost: a row per search, a column per cost.

    >>> runs = load_runs([committed("best/efficient-mnist"), committed("best/efficient-mlp-mnist")])
    >>> reached(runs, [1_000, 8_000]).round(3).to_dict("index")["efficient-mnist"]
    {1000: 0.891, 8000: 0.961}

    Args:
        runs: Of searches, as `load_runs` gives them; each sweep is one.
        at_most: Costs, in units of `cost`.
        metric: Column of the runs; of several seeds the mean.
        cost: Column of the runs; of several seeds the mean.

    Raises:
        AnalysisError: No run of a search is done, one that is done lacks a metric, or none costs so
            little.
    """
    fronts = {
        str(search): group_runs(members, [metric, cost])
        for search, members in runs.groupby("sweep")
    }
    least = {search: float(groups[f"{cost}_mean"].min()) for search, groups in fronts.items()}
    dearest = max(least, key=lambda search: least[search])
    if min(at_most) < least[dearest]:
        raise AnalysisError(
            f"{dearest} has nothing for {min(at_most):g} of {cost.removeprefix('best_')}; of these "
            f"searches, all have something from {least[dearest]:g} on"
        )
    rows = {
        search: [_best(groups, bound, metric, cost) for bound in at_most]
        for search, groups in fronts.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(at_most))


def at_equal_cost(
    kinds: Mapping[str, pd.DataFrame],
    at_most: Sequence[float],
    metric: str = "test_accuracy",
    cost: str = COST,
    *,
    margin: float | Margin = MARGIN,
) -> pd.DataFrame:
    """What kinds of networks reach at the same cost, each beside the first: a row each.

    Columns: `COLUMNS`. `cost` is its name as a user gives it, `at_most` how much of it. `n_…` are
    searches, `mean_…` the means over them; `estimate` is the mean of the level less that of the
    baseline, with its 95 % interval over searches; `p_holm` is that of no difference,
    `p_equivalence_holm` that of a difference of at least `margin` (two one-sided tests), both
    corrected over all rows; `verdict` is as of `effects`.

    Args:
        kinds: The runs of the searches of each kind by its name; the first is the baseline.
        at_most: Costs, in units of `cost`.
        metric: As of `reached`.
        cost: As of `reached`.
        margin: A smaller difference counts as none; a relative one is a part of the errors of the
            baseline.

    Raises:
        AnalysisError: As of `reached`, or a kind has one search.
    """
    found = {kind: reached(runs, at_most, metric, cost) for kind, runs in kinds.items()}
    for kind, values in found.items():
        if len(values) < 2:
            raise AnalysisError(
                f"{kind} has {len(values)} search; an interval over searches needs 2, better 3, "
                "with other seeds of the sampler and of the trainings"
            )
    baseline, *levels = found
    rows = [
        {"cost": cost.removeprefix("best_"), "at_most": bound, "baseline": baseline, "level": level}
        | _compared(found[baseline][bound], found[level][bound], as_margin(margin), metric)
        for bound in at_most
        for level in levels
    ]
    table = pd.DataFrame(rows)
    for name in ("p", "p_equivalence"):
        table[f"{name}_holm"] = holm(table.pop(name))
    judged = table[["estimate", "p_holm", "p_equivalence_holm", "margin"]].to_numpy(np.float64)
    table["verdict"] = [
        verdict(estimate, p, p_equivalence, size, Median())
        for estimate, p, p_equivalence, size in judged.tolist()
    ]
    shown = table[list(COLUMNS)]
    shown.attrs |= {"metric": metric, "margin": margin}
    return shown


def readable_fronts(table: pd.DataFrame) -> pd.DataFrame:
    """What `at_equal_cost` found, all text: accuracies in percent, the most important first."""
    metric = str(table.attrs["metric"])
    points = metric.endswith("accuracy")
    value, unit, part = (as_percent, " (points)", " (%)") if points else (as_number, "", "")
    means = table["mean_baseline"].map(value) + " → " + table["mean_level"].map(value)
    shown = pd.DataFrame(
        {
            f"{_words(table)} at most": table["at_most"].map(as_number),
            "comparison": table["baseline"] + " → " + table["level"],
            f"{metric_label(metric).lower()}{part}": means,
            f"difference{unit}": intervals(table, points),
            "verdict": table["verdict"],
            "p (Holm)": table["p_holm"].map(p_text),
            f"p of equivalence (Holm, {margin_of(table)})": table["p_equivalence_holm"].map(p_text),
            "searches": table["n_baseline"].map(str) + ", " + table["n_level"].map(str),
        }
    )
    fewest = int(table[["n_baseline", "n_level"]].to_numpy().min())
    note = " ".join([_COVERS, *few_units(fewest, "searches")])
    shown.attrs |= {"note": note, "by_importance": True}
    return shown


def _words(table: pd.DataFrame) -> str:
    label = metric_label(str(table["cost"].iloc[0]))
    return label[:1].lower() + label[1:]  # the unit stays as it is


def _best(groups: pd.DataFrame, bound: float, metric: str, cost: str) -> float:
    """The metric of the configuration that validation chooses for at most this cost."""
    affordable = groups[groups[f"{cost}_mean"] <= bound]
    chosen = int(affordable[f"{CHOSEN_BY}_mean"].to_numpy().argmax())
    return float(affordable[f"{metric}_mean"].to_numpy()[chosen])


def _compared(
    baseline: pd.Series[float], level: pd.Series[float], margin: Margin, metric: str
) -> dict[str, Any]:
    from scipy.special import stdtr, stdtrit  # scipy.stats takes ten times as long to import

    samples = [np.asarray(each, np.float64) for each in (baseline, level)]
    of_baseline, of_level = (float(sample.mean()) for sample in samples)
    size, estimate = margin.of(of_baseline, metric), of_level - of_baseline
    error, freedom = _welch(*samples)
    half = stdtrit(freedom, (1 + CONFIDENCE) / 2) * error

    def above(bound: float) -> float:
        """The p-value of "the difference is at most the bound"."""
        return float(stdtr(freedom, (bound - estimate) / error) if error else estimate <= bound)

    return {
        "n_baseline": len(baseline),
        "n_level": len(level),
        "mean_baseline": of_baseline,
        "mean_level": of_level,
        "estimate": estimate,
        "low": estimate - half,
        "high": estimate + half,
        "p": min(1.0, 2 * min(above(0), 1 - above(0))) if estimate else 1.0,
        "margin": size,
        "p_equivalence": max(above(-size), 1 - above(size)),
    }


def _welch(*samples: Sample) -> tuple[float, float]:
    """The standard error of a difference of means, and its degrees of freedom."""
    parts = [float(sample.var(ddof=1)) / len(sample) for sample in samples]
    weights = [part**2 / (len(sample) - 1) for part, sample in zip(parts, samples, strict=True)]
    error = math.sqrt(sum(parts))
    return error, error**4 / sum(weights) if error else math.inf
