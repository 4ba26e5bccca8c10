"""The page of results, and how its tables are written."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.report.tables import write_table

RESULTS = Path(__file__).parents[2] / "analysis" / "results"
PAGE = RESULTS / "README.md"


def points(row: pd.Series[Any]) -> str:
    """An estimate with its interval in points: `−8.0 [−15.1, −0.9]`."""
    told = "{:+.1f} [{:+.1f}, {:+.1f}]".format(*(100 * row[["estimate", "low", "high"]]))
    return told.replace("-", "−")


def table_of(heads: list[str], rows: Iterable[tuple[str, ...]]) -> str:
    """A table of the page, its numbers to the right."""
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
