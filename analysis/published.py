"""The published results (Gince and Lamontagne-Caron, Université Laval, 2022) to compare with."""

from __future__ import annotations

from importlib.resources import files

import pandas as pd

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
    """
    path = files("analysis").joinpath("published_accuracy.csv")
    with path.open(encoding="utf-8") as stream:
        table = pd.read_csv(stream, dtype={"recurrent": "boolean", "learn_beta": "boolean"})
    table["encoding"] = table["periodic"].map({False: "latency", True: "periodic"})
    for name in ("test_accuracy", "val_accuracy"):
        table[name] = (table[f"{name}_percent"] / 100).round(4)
    return table[list(COLUMNS)]
