"""The table of the variance study: which kind of chance makes runs differ."""

from __future__ import annotations

import pandas as pd

from analysis.data.runs import load_runs
from analysis.stats.seeds.variance import variance
from tests.results.text import RESULTS, table_of

NOISE = {
    name: RESULTS / "variance" / f"{name}.parquet"
    for name in ("variance-mnist", "variance-fashion")
}
_IMAGES = {"variance-mnist": "MNIST", "variance-fashion": "Fashion-MNIST"}


def noise() -> dict[str, pd.DataFrame]:
    """The variance by kind of chance, each code apart, of each data set."""
    return {
        name: variance(load_runs([str(path)]), within=["encoding"]) for name, path in NOISE.items()
    }


def of_noise(shares: dict[str, pd.DataFrame]) -> str:
    """The table of the variance study."""
    rows = [
        (
            _IMAGES[name],
            row.group,
            row.source,
            "–" if pd.isna(row.levels) else str(row.levels),
            f"{100 * row.std:.2f} [{100 * row.low:.2f}, {100 * row.high:.2f}]",
            f"{100 * row.share:.0f}",
        )
        for name, table in shares.items()
        for row in table.itertuples(index=False)
    ]
    heads = ["images", "code", "source", "seeds", "standard deviation (points)", "share (%)"]
    return table_of(heads, rows)
