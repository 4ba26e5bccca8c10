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
from typing import Any

import pandas as pd

from analysis.data.runs import load_runs
from analysis.figures import forest, save_figure
from analysis.report.tables import write_table
from analysis.stats.design.changes import acted_on, by_change
from analysis.stats.effects import effects
from analysis.stats.seeds.variance import variance

RESULTS = Path(__file__).parent.parent / "analysis" / "results"
PAGE = RESULTS / "README.md"
ABLATION = RESULTS / "ablation" / "ablation-mnist.parquet"
NOISE = {
    name: RESULTS / "variance" / f"{name}.parquet"
    for name in ("variance-mnist", "variance-fashion")
}
_NETWORKS = ["encoding", "recurrent"]


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


def noise() -> dict[str, pd.DataFrame]:
    """The variance by kind of chance, each code apart, of each data set."""
    return {
        name: variance(load_runs([str(path)]), within=["encoding"]) for name, path in NOISE.items()
    }


def blocks(changes: dict[str, pd.DataFrame], shares: dict[str, pd.DataFrame]) -> dict[str, str]:
    """The tables of the page, by the name in their comments."""
    found = {}
    for preset in ("published", "default"):
        title = f"{preset} preset"
        networks = changes["networks"]
        mine = networks[networks["group"].str.startswith(title)]
        columns = list(dict.fromkeys(mine["group"]))
        cells = mine.assign(text=mine.apply(_points, axis="columns"))
        wide = cells.pivot(index="level", columns="group", values="text").fillna("–")
        heads = [name.removeprefix(f"{title}, ") for name in columns]
        rows = [(f"`{level}`", *wide.loc[level, columns]) for level in dict.fromkeys(mine["level"])]
        found[f"changes-{preset}"] = _table(["change", *heads], rows)
    rows = [
        (
            name.removeprefix("variance-")
            .replace("mnist", "MNIST")
            .replace("fashion", "Fashion-MNIST"),
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
    return found | {"variance": _table(heads, rows)}


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
        inside = re.compile(rf"(<!-- {name} -->\n).*?(\n<!-- end -->)", re.DOTALL)
        text = inside.sub(lambda match, table=table: match[1] + table + match[2], text)
    return text


def as_csv(table: pd.DataFrame) -> str:
    """The table as the commands write it."""
    text = io.StringIO()
    write_table(table, text, "csv")
    return text.getvalue()


def files(changes: dict[str, pd.DataFrame], shares: dict[str, pd.DataFrame]) -> dict[Path, str]:
    """The texts of all CSV files."""
    of_changes = {ABLATION.with_name(f"{name}.csv"): table for name, table in changes.items()}
    of_noise = {NOISE[name].with_suffix(".csv"): table for name, table in shares.items()}
    return {path: as_csv(table) for path, table in (of_changes | of_noise).items()}


if __name__ == "__main__":
    changes, shares = ablation(), noise()
    for path, text in files(changes, shares).items():
        path.write_text(text, encoding="utf-8")
    save_figure(forest(changes["changes"]), ABLATION.with_name("changes.png"))
    PAGE.write_text(page_with(blocks(changes, shares)), encoding="utf-8")
