"""The tables of the ablation, and of its second stage, in which mendings are crossed."""

from __future__ import annotations

import pandas as pd

from analysis.data.runs import load_runs
from analysis.records import State
from analysis.stats.design.changes import acted_on, by_change
from analysis.stats.effects import effects
from analysis.stats.factorial.bundles import bundled
from analysis.stats.factorial.tables import factorial
from tests.results.text import RESULTS, points, table_of

ABLATION = RESULTS / "ablation" / "ablation-mnist.parquet"
FACTORIAL = ABLATION.with_name("ablation-factorial.parquet")
_NETWORKS = ["encoding", "recurrent"]
_SHORT = ("weights", "rates", "gradient", "constants")
_MENDED = ("scaled", True, "0.1/5/20/1")
_HOW = ("mean", "min", "max")
_MENDINGS = [
    "initial_weights",
    "lr_in_proportion",
    "threshold_gradient",
    "constants=beta,surrogate_slope,tau_out,threshold",
]


def ablation() -> dict[str, pd.DataFrame]:
    """The effects of every change: over the networks, in each, and on what makes the networks."""
    runs = load_runs([str(ABLATION)])
    changed = by_change(runs, _NETWORKS, ["preset"])
    acted = acted_on(changed, _NETWORKS, "test_accuracy")
    apart = ["preset", *_NETWORKS]
    return {
        "changes": effects(changed, ["change"], within=["preset"], fixed=True),
        "networks": effects(changed, ["change"], within=apart, fixed=True),
        "acted-on": effects(acted, ["change"], within=["preset", "acts_on"], fixed=True),
    }


def crossed() -> dict[str, pd.DataFrame]:
    """The effects of the crossed mendings and of their pairs: over the networks, and in each."""
    runs, mendings = bundled(load_runs([str(FACTORIAL)]), _MENDINGS)
    return {
        "factorial": factorial(runs, mendings, _NETWORKS),
        "factorial-networks": factorial(runs, mendings, _NETWORKS, within=_NETWORKS),
    }


def arms() -> pd.DataFrame:
    """Accuracies of all combinations of mendings, a row each: mean, min and max of each network."""
    runs, mendings = bundled(load_runs([str(FACTORIAL)]), _MENDINGS)
    return (
        runs[runs["state"] == State.DONE]
        .pivot_table("test_accuracy", mendings, _NETWORKS, aggfunc=["mean", "min", "max"])
        .sort_index()
    )


def of_combinations(found: dict[str, pd.DataFrame], reached: pd.DataFrame) -> dict[str, str]:
    """The tables of the second stage, by the name in their comments."""
    apart = found["factorial-networks"]
    wide = apart.assign(text=apart.apply(points, axis="columns")).pivot(
        index="factor", columns="group", values="text"
    )
    networks = list(dict.fromkeys(apart["group"]))
    effects_of = [
        (f"`{row.factor}`", points(whole), *wide.loc[row.factor, networks])
        for row, (_, whole) in zip(
            found["factorial"].itertuples(), found["factorial"].iterrows(), strict=True
        )
    ]
    rows = []
    for arm, values in reached.iterrows():
        mended = (name for name, value in zip(_SHORT, arm, strict=True) if value in _MENDED)
        cells = (
            "{:.1f} ({:.1f}–{:.1f})".format(*(100 * values[how][net] for how in _HOW))
            for net in reached["mean"].columns
        )
        rows.append((", ".join(mended) or "none", *cells))
    return {
        "factorial": table_of(["mending", "all four", *networks], effects_of),
        "arms": table_of(["mended", *networks], rows),
    }


def of_changes(networks: pd.DataFrame) -> dict[str, str]:
    """The tables of the first stage: a row for each change, a column for each network."""
    found = {}
    for preset in ("published", "default"):
        title = f"{preset} preset"
        mine = networks[networks["group"].str.startswith(title)]
        columns = list(dict.fromkeys(mine["group"]))
        cells = mine.assign(text=mine.apply(points, axis="columns"))
        wide = cells.pivot(index="level", columns="group", values="text").fillna("–")
        heads = [name.removeprefix(f"{title}, ") for name in columns]
        rows = [(f"`{level}`", *wide.loc[level, columns]) for level in dict.fromkeys(mine["level"])]
        found[f"changes-{preset}"] = table_of(["change", *heads], rows)
    return found
