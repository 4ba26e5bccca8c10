"""What several commands share: the options' texts, and tables on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

SetOption = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="fix a key, for example --set epochs=5 (repeatable; keys: spikesweep schema)",
    ),
]
SpecArgument = Annotated[
    str,
    typer.Argument(
        metavar="SPEC", help="a YAML file, the name of a bundled sweep, or - for standard input"
    ),
]
SweepName = Annotated[str, typer.Argument(metavar="NAME", help="name of a sweep: spikesweep list")]
SweepNames = Annotated[
    list[str],
    typer.Argument(
        metavar="NAME",
        help="names of sweeps (spikesweep list), or .parquet files of spikesweep export-runs",
    ),
]


def stdout() -> Console:
    """Where results go; never wrapped when it is a file or a pipe."""
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, width=200)


def say(text: str) -> None:
    """A line beside the results."""
    stderr().print(text)


def stderr() -> Console:
    """Where progress goes."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def print_table(table: pd.DataFrame, title: str = "") -> None:
    """Print a table of texts and numbers."""
    from rich import box
    from rich.table import Table

    view = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left")
    for column in table.columns:
        right = table[column].dtype.kind in "if"
        view.add_column(str(column), justify="right" if right else "left")
    for row in table.itertuples(index=False):
        view.add_row(*("" if value is None or value != value else str(value) for value in row))
    stdout().print(view)
