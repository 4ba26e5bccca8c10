"""The table of spiking networks beside MLPs at equal operations, over several searches of each."""

from __future__ import annotations

import pandas as pd

from analysis.data.runs import load_runs
from analysis.records import ENERGY
from analysis.stats.compare.fronts import COST, at_equal_cost
from tests.results.text import RESULTS, points, table_of

FRONTS = RESULTS / "fronts"
AT_EQUAL_COST = FRONTS / "at-equal-cost.csv"
KINDS = {
    "spiking": "efficient-mnist",
    "MLP": "efficient-mlp-mnist",
    "MLP of black and white pixels": "efficient-binary-mnist",
}
"""Bundled searches; the first is the baseline."""

SEEDS = (1, 2, 3, 4)
"""Of the samplers and the trainings: a search each."""

AT_MOST = {COST: (2_000, 4_000, 8_000), ENERGY: (2, 4, 8)}
_UNITS = {"synops_per_inference": "operations", ENERGY: "nJ"}


def searches() -> dict[str, pd.DataFrame]:
    """The runs of the searches of each kind."""
    return {kind: load_runs([str(FRONTS / f"{search}.parquet")]) for kind, search in KINDS.items()}


def fronts() -> pd.DataFrame:
    """What each kind reaches for so many operations, and for so much energy."""
    kinds = searches()
    tables = [at_equal_cost(kinds, bounds, cost=cost) for cost, bounds in AT_MOST.items()]
    return pd.concat(tables, ignore_index=True)


def of_fronts(table: pd.DataFrame) -> str:
    """The table of the page: a row for each cost."""
    spiking, *others = KINDS
    heads = ["at most", f"{spiking} (%)"]
    for kind in others:
        heads += [f"{kind} (%)", f"less {spiking} (points)"]
    rows = []
    for (cost, bound), group in table.groupby(["cost", "at_most"], sort=False):
        cells = [
            f"{bound:,.0f} {_UNITS[str(cost)]}",
            f"{100 * group['mean_baseline'].iloc[0]:.2f}",
        ]
        for _, row in group.iterrows():
            cells += [f"{100 * row['mean_level']:.2f}", points(row)]
        rows.append(tuple(cells))
    return table_of(heads, rows)
