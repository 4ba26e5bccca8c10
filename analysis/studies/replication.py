"""The published bars beside our runs of the same configurations, row by row."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.data.groups import done_runs
from analysis.errors import AnalysisError
from analysis.stats import inference
from analysis.studies.published import published_results
from analysis.text.typeset import as_text

KEYS = ("dataset", "dynamics", "recurrent", "encoding", "hidden", "epochs", "learn_beta")
INSIDE, OUTSIDE, ONE_SEED, NOT_RUN = "inside", "outside", "one seed", "not run"

COLUMNS = (
    "figure",
    "preset",
    *KEYS,
    "published",
    "n",
    "mean",
    "low",
    "high",
    "run_low",
    "run_high",
    "place",
)

_METRIC = "test_accuracy"
_EXPECTED = 0.05  # of the bars, outside of prediction intervals of 95 %
_ROUNDED = 0.5e-4  # the published values have four decimals


def compare_with_published(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per published bar and preset of the runs, in published order.

    Columns: `figure`, `preset`, `KEYS`; `published`, one run of one seed; `n`, our finished seeds;
    `mean` with its 95 % interval `low`, `high` (Student); `run_low`, `run_high`, where one more run
    falls with 95 % (the prediction interval of normal values); `place` of the published value:
    inside of that, outside, or why that cannot be said. Accuracies are fractions.

    >>> compare_with_published(load_runs([committed("published-fashion")])).shape
    (96, 17)

    Raises:
        AnalysisError: no run is finished.
    """
    done = done_runs(runs, [_METRIC])
    spiking = done["dynamics"].isin(["lif", "alif"]) if "dynamics" in done else done.index < 0
    done = done[spiking]
    if done.empty:
        raise AnalysisError(
            "no finished run of a LIF or an ALIF network: nothing to compare with the published"
        )
    bars = published_results()
    bars["learn_beta"] = bars["learn_beta"].fillna(False)  # the default of the published code
    ours = {name: _by_key(part) for name, part in done.groupby(done["preset"].astype(str))}
    rows = [
        {
            "figure": bar["figure"],
            "preset": preset,
            **{key: bar[key] for key in KEYS},
            "published": bar[_METRIC],
            **_beside(bar[_METRIC], ours[preset].get(_key(bar), pd.Series(dtype=float))),
        }
        for preset in sorted(ours, reverse=True)
        for bar in bars.to_dict("records")
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def outside(table: pd.DataFrame) -> dict[str, str]:
    """How many published bars are outside of where one more run of ours falls, and which.

    Args:
        table: As `compare_with_published` gives it.

    Returns:
        By preset, a sentence. Of n bars, 0.05·n are expected outside if nothing differs.
    """
    found = {}
    compared = table[table["place"].isin([INSIDE, OUTSIDE])]
    for preset, bars in compared.groupby("preset", sort=False):
        others = bars[bars["place"] == OUTSIDE].to_dict("records")
        few = others if 2 * len(others) < len(bars) else []  # a list of nearly all tells nothing
        which = "; ".join(
            f"{_bar(bar)} {bar['published']:.2%} for {bar['mean']:.2%}" for bar in few
        )
        found[str(preset)] = (
            f"{preset} preset: {len(others)} of {len(bars)} bars are outside, where "
            f"{_EXPECTED * len(bars):.1f} are expected{': ' if which else ''}{which}"
        )
    return found


def _bar(bar: Mapping[Any, Any]) -> str:
    recurrent = "recurrent " if bar["recurrent"] else ""
    learned = ", learned beta" if bar["learn_beta"] else ""
    return (
        f"{bar['figure']} {recurrent}{str(bar['dynamics']).upper()} {bar['encoding']} "
        f"{bar['hidden']}, {bar['epochs']} epochs{learned}"
    )


def _by_key(runs: pd.DataFrame) -> dict[tuple[str, ...], pd.Series[float]]:
    records = runs.to_dict("records")
    keys = pd.Series([_key(run) for run in records], index=runs.index)
    return {key: runs.loc[keys == key, _METRIC] for key in set(keys)}


def _key(row: dict[Any, Any]) -> tuple[str, ...]:
    """A LIF has no beta to learn."""
    values = dict(row)
    if values["dynamics"] == "lif":
        values["learn_beta"] = None
    return tuple(as_text(values.get(key)) for key in KEYS)


def _beside(published: float, accuracies: pd.Series[float]) -> dict[str, Any]:
    n = len(accuracies)
    if n == 0:
        return {"n": 0, "place": NOT_RUN}
    mean = float(accuracies.mean())
    if n == 1:
        return {"n": 1, "mean": mean, "place": ONE_SEED}
    values = accuracies.to_numpy().astype(float)
    low, high = inference.student_interval(values)
    reach = (high - mean) * math.sqrt(n + 1)  # s·√(1 + 1/n) in place of s/√n
    inside = abs(published - mean) <= reach + _ROUNDED
    return {
        "n": n,
        "mean": mean,
        "low": max(low, 0.0),  # no accuracy is below 0 or above 1, whatever the normal law says
        "high": min(high, 1.0),
        "run_low": max(mean - reach, 0.0),
        "run_high": min(mean + reach, 1.0),
        "place": INSIDE if inside else OUTSIDE,
    }
