"""Write the tables of the ablation and of the variance study from their committed runs.

    python -m tests.results

Into `analysis/results/`: the CSV files, the figure, and the tables of its page, between comments. A
test fails when they are not what this writes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from analysis.data.runs import load_runs
from analysis.figures import forest, save_figure
from analysis.records import State
from analysis.report.tables import write_table
from analysis.stats.design.changes import acted_on, by_change
from analysis.stats.effects import effects
from analysis.stats.factorial.bundles import bundled
from analysis.stats.factorial.tables import factorial
from analysis.stats.seeds.variance import variance

RESULTS = Path(__file__).parent.parent / "analysis" / "results"
PAGE = RESULTS / "README.md"
ABLATION = RESULTS / "ablation" / "ablation-mnist.parquet"
FACTORIAL = ABLATION.with_name("ablation-factorial.parquet")
NOISE = {
    name: RESULTS / "variance" / f"{name}.parquet"
    for name in ("variance-mnist", "variance-fashion")
}
_IMAGES = {"variance-mnist": "MNIST", "variance-fashion": "Fashion-MNIST"}
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


def noise() -> dict[str, pd.DataFrame]:
    """The variance by kind of chance, each code apart, of each data set."""
    return {
        name: variance(load_runs([str(path)]), within=["encoding"]) for name, path in NOISE.items()
    }


def of_combinations(found: dict[str, pd.DataFrame], reached: pd.DataFrame) -> dict[str, str]:
    """The tables of the second stage, by the name in their comments."""
    apart = found["factorial-networks"]
    wide = apart.assign(text=apart.apply(_points, axis="columns")).pivot(
        index="factor", columns="group", values="text"
    )
    networks = list(dict.fromkeys(apart["group"]))
    effects_of = [
        (f"`{row.factor}`", _points(whole), *wide.loc[row.factor, networks])
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
        "factorial": _table(["mending", "all four", *networks], effects_of),
        "arms": _table(["mended", *networks], rows),
    }


class Found(NamedTuple):
    """All tables: of the two stages of the ablation, and of the variance study."""

    changes: dict[str, pd.DataFrame]
    crossed: dict[str, pd.DataFrame]
    arms: pd.DataFrame
    shares: dict[str, pd.DataFrame]


def found_in_runs() -> Found:
    """All tables, from the committed runs."""
    return Found(ablation(), crossed(), arms(), noise())


def of_changes(networks: pd.DataFrame) -> dict[str, str]:
    """The tables of the first stage: a row for each change, a column for each network."""
    found = {}
    for preset in ("published", "default"):
        title = f"{preset} preset"
        mine = networks[networks["group"].str.startswith(title)]
        columns = list(dict.fromkeys(mine["group"]))
        cells = mine.assign(text=mine.apply(_points, axis="columns"))
        wide = cells.pivot(index="level", columns="group", values="text").fillna("–")
        heads = [name.removeprefix(f"{title}, ") for name in columns]
        rows = [(f"`{level}`", *wide.loc[level, columns]) for level in dict.fromkeys(mine["level"])]
        found[f"changes-{preset}"] = _table(["change", *heads], rows)
    return found


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
    return _table(heads, rows)


def blocks(found: Found) -> dict[str, str]:
    """The tables of the page, by the name in their comments."""
    return {
        **of_changes(found.changes["networks"]),
        **of_combinations(found.crossed, found.arms),
        "variance": of_noise(found.shares),
    }


def _points(row: pd.Series[Any]) -> str:
    """`−8.0 [−15.1, −0.9]`, in points."""
    told = "{:+.1f} [{:+.1f}, {:+.1f}]".format(*(100 * row[["estimate", "low", "high"]]))
    return told.replace("-", "−")


def _table(heads: list[str], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, ["---", *["--:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page_with(found: dict[str, str]) -> str:
    """The page with these tables between their comments."""
    text = PAGE.read_text(encoding="utf-8")
    for name, table in found.items():
        inside = re.compile(rf"(<!-- {name} -->\n)[^<]*(<!-- end -->)")
        text = inside.sub(lambda match, table=table: f"{match[1]}{table}\n{match[2]}", text)
    return text


def as_csv(table: pd.DataFrame) -> str:
    """The table as the commands write it."""
    text = io.StringIO()
    write_table(table, text, "csv")
    return text.getvalue()


def files(found: Found) -> dict[Path, str]:
    """The texts of all CSV files."""
    stages = found.changes | found.crossed
    of_stages = {ABLATION.with_name(f"{name}.csv"): table for name, table in stages.items()}
    of_noise = {NOISE[name].with_suffix(".csv"): table for name, table in found.shares.items()}
    return {path: as_csv(table) for path, table in (of_stages | of_noise).items()}


if __name__ == "__main__":
    found = found_in_runs()
    for path, text in files(found).items():
        path.write_text(text, encoding="utf-8")
    save_figure(forest(found.changes["changes"]), ABLATION.with_name("changes.png"))
    save_figure(forest(found.crossed["factorial"]), FACTORIAL.with_name("factorial.png"))
    PAGE.write_text(page_with(blocks(found)), encoding="utf-8")
