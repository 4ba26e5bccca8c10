"""The published results (Gince and Lamontagne-Caron, Université Laval, 2022) to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import pandas as pd

from analysis.errors import AnalysisError
from analysis.text.typeset import as_text

COLUMNS = (
    "figure",
    "dataset",
    "dynamics",
    "recurrent",
    "encoding",
    "hidden",
    "epochs",
    "learn_beta",
    "test_accuracy",
    "val_accuracy",
)


def published_results() -> pd.DataFrame:
    """The 48 bars of the three published figures, one row each.

    The columns are named as those of the runs: `figure`, `dataset`, `dynamics`, `encoding`: text;
    `recurrent`, `learn_beta`: boolean, `learn_beta` missing where it is not stated (the published
    code left it off there); `hidden`, `epochs`: integers; `test_accuracy`, `val_accuracy`:
    fractions, `val_accuracy` missing where it is not published.

    >>> len(published_results())
    48
    """
    path = files("analysis.studies").joinpath("published_accuracy.csv")
    with path.open(encoding="utf-8") as stream:
        table = pd.read_csv(stream, dtype={"recurrent": "boolean", "learn_beta": "boolean"})
    table["encoding"] = table["periodic"].map({False: "latency", True: "periodic"})
    for name in ("test_accuracy", "val_accuracy"):
        table[name] = (table[f"{name}_percent"] / 100).round(4)
    return table[list(COLUMNS)]


def published_value(
    reference: pd.DataFrame, params: Mapping[Any, Any], metric: str
) -> float | None:
    """What the reference says of the configuration with these params; None if nothing.

    A param that the reference does not state, or that is none of the configuration's, tells
    nothing apart.

    Raises:
        AnalysisError: the reference has no such metric, or different values for the configuration.
    """
    if metric not in reference:
        raise AnalysisError(f"the reference has no {metric}")
    fits = pd.Series(True, index=reference.index)
    for name in (name for name in reference.columns if name in params):
        stated = reference[name]
        fits &= stated.isna() | (stated.map(as_text) == as_text(params[name]))
    values = reference.loc[fits, metric].dropna().unique()
    if len(values) > 1:
        which = ", ".join(f"{name}={as_text(value)}" for name, value in params.items())
        raise AnalysisError(f"the reference has {len(values)} values of {metric} for {which}")
    return float(values[0]) if len(values) else None
