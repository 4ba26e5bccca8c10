"""The params that can be compared, and which of their values with which."""

from __future__ import annotations

import pandas as pd

from analysis.data.groups import follows
from analysis.data.labels import CHANGE, NO_CHANGE, sort_key
from analysis.data.runs import param_columns
from analysis.records import FACTORS
from analysis.text.typeset import as_text

COPIES = ("dataset", "epochs")
"""Params with which a network is trained again, on other images or for longer.

Its units may differ alike: the first epochs of a longer training are those of a shorter one, and
what a network does on one data set it often does on another.
"""

NOT_FACTORS = ("dataset", "seed")
"""Params that are never compared: one is the question, the other the replicate."""

_BASELINES = {
    "dynamics": "lif",
    "encoding": "latency",
    "preset": "published",
    CHANGE: NO_CHANGE,
}


def comparisons(runs: pd.DataFrame, factor: str) -> list[tuple[str, str]]:
    """The levels of a factor as pairs of texts, its baseline first, against every other level.

    Of categories, the first one is the baseline.
    """
    values = runs[factor].dropna().unique()
    if isinstance(runs[factor].dtype, pd.CategoricalDtype):
        first, *others = [as_text(each) for each in runs[factor].cat.categories if each in values]
        return [(first, other) for other in others]
    levels = sorted({as_text(value) for value in values}, key=sort_key)
    baseline = _BASELINES.get(factor, "")
    levels.sort(key=lambda level: level != baseline)
    return [(levels[0], level) for level in levels[1:]]


def free_params(runs: pd.DataFrame) -> list[str]:
    """The params that vary, without those that follow from others.

    A key whose default depends on a factor is part of the factor's effect.
    """
    params = [name for name in param_columns(runs) if name != "seed"]
    varying = [name for name in params if runs[name].nunique() > 1 and not follows(runs, name)]
    return sorted(varying, key=lambda name: name not in FACTORS)
