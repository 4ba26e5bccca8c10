"""What several commands share: the options' texts, and tables on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from sweep.commands.parts import completion

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console
    from rich.table import Table

    from sweep.spec.specification import Specification

_MEASURED = ("(%)", "seeds", "rank", "sweep", "state", "trials", "why")
"""What is in the names of columns that are shown first where there is little room."""

_PAGE = 120  # letters of a line
_GAP = 3  # between two columns of a table

SetOption = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="fix a key, for example --set epochs=5; one that is searched is no longer "
        "(repeatable; keys: spikesweep schema)",
    ),
]
UnsetOption = Annotated[
    list[str],
    typer.Option(
        "--unset",
        metavar="KEY",
        help="take a key out of the specification, searched or fixed: it has its default "
        "(repeatable)",
    ),
]
BudgetOption = Annotated[
    str,
    typer.Option(
        metavar="TIME", help="what the sweep may take, all in all: 8h, or '{epochs: 5000}'"
    ),
]
JoinOption = Annotated[
    bool,
    typer.Option(
        "--join", help="add the runs to the sweep of this name, though it had other configurations"
    ),
]
NewNameOption = Annotated[
    str,
    typer.Option(metavar="NAME", help="run it under another name than that of the specification"),
]
PluginOption = Annotated[
    list[str],
    typer.Option(
        "--plugin",
        metavar="FILE",
        help="a Python file with components of your own (repeatable)",
    ),
]
SpecArgument = Annotated[
    str,
    typer.Argument(
        metavar="SPEC",
        help="a YAML file, the name of a bundled sweep, or - for standard input",
        autocompletion=completion.specifications,
    ),
]
SweepName = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="name of a sweep: spikesweep list",
        autocompletion=completion.sweeps,
    ),
]
SweepNames = Annotated[
    list[str],
    typer.Argument(
        metavar="NAME",
        help="names of sweeps (spikesweep list), or .parquet files of spikesweep export-runs",
        autocompletion=completion.sweeps,
    ),
]
BlockOption = Annotated[
    str,
    typer.Option(
        metavar="PARAM",
        help="param whose values are the sample, in place of the seeds, such as dataset where "
        "speakers are held out in turn (spoken_digits@speaker=3)",
    ),
]


def use_plugin_files(paths: Sequence[str]) -> None:
    """Use the components of these files.

    Raises:
        SpecError: A file cannot be used.
    """
    if paths:
        from pathlib import Path

        from sweep.spec.plugins import read_plugins, use_plugins

        use_plugins(read_plugins((), Path(), paths))


def stdout() -> Console:
    """Where tables go; never wrapped when it is a file or a pipe."""
    from sweep.host.console import PlainConsole

    console = PlainConsole()
    return console if console.is_terminal else PlainConsole(width=200)


def say_result(text: str) -> None:
    """A line of the results."""
    from analysis.text.plain import visible

    print(visible(text))


def say(text: str) -> None:
    """A line on standard error, beside the results."""
    stderr().print(text)


def check_new(sweep: Specification, spec: str, *, join: bool = True) -> None:
    """Check what a launch that is resumed need not fulfil; say what may not be meant.

    Args:
        sweep: The plan.
        spec: Where it is from, as it was given.
        join: Whether it may have the name of a sweep with other configurations.

    Raises:
        SpecError: A searched key has no effect, or the name belongs to another specification.
    """
    if not join:
        from sweep.results.names import refuse_taken

        refuse_taken(sweep)
    from sweep.spec.checks.effects import check_effects
    from sweep.spec.sources import shown_source

    say_warnings(check_effects(sweep, shown_source(spec)))


def say_warnings(lines: Iterable[str]) -> None:
    """A line each on standard error: what was given is taken, and may not be what was meant."""
    for line in lines:
        say(f"warning: {line}")


def warn_of_mixed(runs: pd.DataFrame) -> None:
    """Warn where the runs of a search are mixed with those of its confirmation."""
    from sweep.spec.fresh_seeds import CONFIRMED, mixed

    for name in mixed(runs["sweep"]):
        say(
            f"{name} chose its leaders by runs that are here, too, so that their means are too "
            f"good; the figures to report are those of {name}{CONFIRMED} alone"
        )


def stderr() -> Console:
    """Where progress goes: lines that are not wrapped."""
    from sweep.host.console import PlainConsole

    return PlainConsole(stderr=True, soft_wrap=True)


def print_table(
    table: pd.DataFrame,
    title: str = "",
    *,
    above: str = "",
    narrow: bool = False,
    by_importance: bool = False,
) -> None:
    """Print a table; if words would be cut, columns are left out on a terminal, and named.

    In a file or a pipe, and where not even two columns fit, it is transposed instead.

    Args:
        table: What is printed.
        title: Stands above it.
        above: A line below the title, such as what is the same in all rows.
        narrow: Leave columns out in a file or a pipe, too, so that a line is that of a page.
        by_importance: The columns are in the order in which they are kept; otherwise those that
            were measured are kept first, then the params.
    """
    out = stdout()
    if title:
        out.print(title, style="italic")
    if above:
        out.print(above)
    room = out.width if out.is_terminal or not narrow else min(out.width, _PAGE)
    if (out.is_terminal or narrow) and not _widths(table, room):
        keep = _first if by_importance else _telling
        table, hidden = _narrowed(table, room, keep, whole=not out.is_terminal)
        if hidden:
            out.print(f"not shown, for there is no room: {', '.join(hidden)}")
    widths = _widths(table, room) or _widths(table, out.width)
    if widths:
        out.print(_view(table, widths))
        return
    texts = table.map(_text)
    of_both = (table.columns, texts.to_numpy().ravel())
    heads, cells = (max(map(len, map(_text, of)), default=0) + _GAP for of in of_both)
    at_once = max(1, (out.width - heads) // cells)
    for start in range(0, len(table), at_once):
        block = texts[start : start + at_once].T.reset_index()
        block.columns = ["", *(str(start + n) for n in range(1, block.shape[1]))]
        out.print(_view(block, [None] * block.shape[1]))


def _widths(table: pd.DataFrame, room: int, *, whole: bool = False) -> list[int]:
    """Widths of the columns such that no word is cut; empty if there is too little room.

    Args:
        table: What is printed.
        room: Letters of a line.
        whole: Whether cells stay on one line, so that only names of columns are broken.
    """
    columns = [[_text(name), *map(_text, table[name])] for name in table.columns]
    widths = [max(map(len, texts)) for texts in columns]
    least = [
        max(map(len, [*name.split(), *(cells if whole else " ".join(cells).split())]), default=0)
        for name, *cells in columns
    ]
    too_much = sum(widths) + _GAP * len(widths) + 1 - room
    if too_much > sum(widths) - sum(least):
        return []
    for _ in range(too_much):  # shorten the column with the most spare room, by one character
        loosest = max(range(len(widths)), key=lambda column: widths[column] - least[column])
        widths[loosest] -= 1
    return widths


_Fits: TypeAlias = Callable[[Sequence[str]], bool]


def _narrowed(
    table: pd.DataFrame,
    room: int,
    keep: Callable[[pd.DataFrame, _Fits], Sequence[str]],
    *,
    whole: bool = False,
) -> tuple[pd.DataFrame, list[str]]:
    """The columns for which there is room, and the names of the others."""
    names = list(table.columns)

    def fits(kept: Sequence[str]) -> bool:
        return bool(_widths(table[[name for name in names if name in kept]], room, whole=whole))

    kept = keep(table, fits)
    if len(kept) < 2:
        return table, []
    hidden = [_text(name) for name in names if name not in kept]
    return table[[name for name in names if name in kept]], hidden


def _first(table: pd.DataFrame, fits: _Fits) -> Sequence[str]:
    """The columns in their order, as far as there is room."""
    kept: list[str] = []
    for name in table.columns:
        kept += [name] if fits([*kept, name]) else []
    return kept


def _telling(table: pd.DataFrame, fits: _Fits) -> Sequence[str]:
    """What was measured, then the params that a reader looks for, then what tells rows apart."""
    from analysis.records import FACTORS

    names = list(table.columns)
    measured = [
        name
        for name in names
        if _text(name) == "n" or any(word in _text(name) for word in _MEASURED)
    ]
    kept: list[str] = []
    for name in measured:
        kept += [name] if fits([*kept, name]) else []
    others, telling = [name for name in names if name not in measured], list[str]()
    while there := [name for name in others if name not in telling and fits([*kept, name])]:
        looked_for = [name for name in there if _text(name) in FACTORS]
        telling.append(max(looked_for or there, key=lambda name: _apart(table, [*telling, name])))
        kept.append(telling[-1])
    return kept


def _apart(table: pd.DataFrame, columns: Sequence[str]) -> int:
    """How many different rows there are in these columns."""
    return len({tuple(map(_text, row)) for row in table[[*columns]].itertuples(index=False)})


def _view(table: pd.DataFrame, widths: Sequence[int | None]) -> Table:
    from rich import box
    from rich.table import Table

    view = Table(box=box.SIMPLE_HEAD)
    for column, width in zip(table.columns, widths, strict=True):
        right = table[column].dtype.kind in "if"
        side: Literal["left", "right"] = "right" if right else "left"
        view.add_column(_text(column), justify=side, width=width, overflow="fold")
    for row in table.itertuples(index=False):
        view.add_row(*map(_text, row))
    return view


def _text(value: object) -> str:
    from analysis.text.plain import visible

    if isinstance(value, bool):
        return "true" if value else "false"  # as in a specification
    return "" if value is None or value != value else visible(str(value))
