"""Where a result is written: to a file, or to standard output as wide as a page or a terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweep.commands.parts.common import say
from sweep.commands.parts.tables import print_table, print_text
from sweep.errors import SpecError

if TYPE_CHECKING:
    import pandas as pd

_BY_SUFFIX = {".csv": "csv", ".md": "md", ".tex": "latex", ".parquet": "parquet"}
_FOR_READERS = ("md", "latex")

FormatOption = Annotated[
    str,
    typer.Option(
        "--format",
        help="csv, md, latex or parquet [default: by OUTPUT; else a table that fits a page]",
    ),
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="file [default: standard output]")
]


def write(raw: pd.DataFrame, readable: pd.DataFrame, format_: str, output: Path | None) -> bool:
    """Write a table, for programs or for readers; whether its caption was written, too.

    Args:
        raw: For programs.
        readable: For readers; may be the same.
        format_: As given; empty: chosen by the target.
        output: As given; none: standard output.

    Raises:
        SpecError: Parquet would go to a terminal, or the name of the file says no known format.
    """
    from analysis.report import tables
    from analysis.text import typeset

    if output is None and not format_:
        by_importance = bool(readable.attrs.get("by_importance"))
        print_table(typeset.printed(readable), narrow=True, by_importance=by_importance)
        print_text(typeset.caption(readable, bold=False))
        return True
    chosen = format_ or _by_name(output)
    if chosen == "parquet" and output is None and sys.stdout.isatty():
        raise SpecError("--format parquet: not for a terminal; give a file with --output")
    target = sys.stdout.buffer if chosen == "parquet" else sys.stdout
    tables.write_table(readable if chosen in _FOR_READERS else raw, output or target, chosen)
    if output is not None:
        say_written(output)
    return chosen in _FOR_READERS


def say_written(file: Path) -> None:
    """Say beside the results that a file was written; a pipe is none."""
    if file.is_file():
        say(f"{file}: {file.stat().st_size / 1000:,.1f} kB")


def _by_name(output: Path | None) -> str:
    suffix = output.suffix if output else ""
    if suffix and suffix not in _BY_SUFFIX:
        known = ", ".join(_BY_SUFFIX)
        raise SpecError(f"{output}: ends in none of {known}; give one of them, or --format")
    return _BY_SUFFIX.get(suffix, "md")
