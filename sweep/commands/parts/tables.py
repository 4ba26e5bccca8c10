"""Tables on a terminal, in a file or in a pipe: as wide as these are, and no word is cut."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from sweep.commands.parts.common import stdout

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

_MEASURED = ("(%)", "seeds", "rank", "sweep", "state", "trials", "why")
"""What is in the names of columns that are shown first where there is little room."""

_PAGE = 120  # letters of a line
_LONG = 24  # letters of a cell on one line, in a pipe
_GAP = 3  # between two columns of a table


def print_table(
    table: pd.DataFrame,
    title: str = "",
    *,
    above: str = "",
    narrow: bool = False,
    by_importance: bool = False,
) -> None:
    """Print a table; if words would be cut, columns are left out on a terminal, and named below.

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
    for line in above.splitlines():
        print_text(line)
    whole, hidden = not out.is_terminal and narrow, list[str]()
    room = min(out.width, _PAGE) if whole else out.width
    if (out.is_terminal or narrow) and not _widths(table, room, whole=whole):
        keep = _first if by_importance else _telling
        table, hidden = _narrowed(table, room, keep, whole=whole)
    widths = _widths(table, room, whole=whole) or _widths(table, out.width)
    if widths:
        out.print(_view(table, widths))
    else:
        _print_transposed(table)
    if hidden:
        print_text(f"Columns that have no room: {', '.join(hidden)}.")


def _print_transposed(table: pd.DataFrame) -> None:
    """Print a line for each column, and as many rows beside each other as there is room for."""
    from analysis.records import PLACE

    table = table.drop(columns=PLACE, errors="ignore")  # the rows are counted here, too
    out, texts = stdout(), table.map(_text)
    of_both = (table.columns, texts.to_numpy().ravel())
    heads, cells = (max(map(len, map(_text, of)), default=0) + _GAP for of in of_both)
    at_once = max(1, (out.width - heads) // cells)
    for start in range(0, len(table), at_once):
        block = texts[start : start + at_once].T.reset_index()
        block.columns = ["", *(str(start + n) for n in range(1, block.shape[1]))]
        out.print(_view(block, [None] * block.shape[1]))


def print_text(text: str) -> None:
    """Print sentences beside a table, in lines of a page where it is not a terminal."""
    out = stdout()
    out.print(text if out.is_terminal else textwrap.fill(text, _PAGE, break_on_hyphens=False))


def _widths(table: pd.DataFrame, room: int, *, whole: bool = False) -> list[int]:
    """Widths of the columns such that no word is cut; empty if there is too little room.

    Args:
        table: What is printed.
        room: Letters of a line.
        whole: Whether cells stay on one line, as far as 24 letters go.
    """
    columns = [[_text(name), *map(_text, table[name])] for name in table.columns]
    widths = [max(map(len, texts)) for texts in columns]
    least = [
        max([*map(len, name.split()), *(_least(cell, whole=whole) for cell in cells)], default=0)
        for name, *cells in columns
    ]
    too_much = sum(widths) + _GAP * len(widths) + 1 - room
    if too_much > sum(widths) - sum(least):
        return []
    for _ in range(too_much):  # shorten the column with the most spare room, by one character
        loosest = max(range(len(widths)), key=lambda column: widths[column] - least[column])
        widths[loosest] -= 1
    return widths


def _least(cell: str, *, whole: bool) -> int:
    """The letters that a cell needs."""
    word = max(map(len, cell.split()), default=0)
    if not whole:
        return word
    return max(word, min(len(cell), _LONG))


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
    from analysis.records import FACTORS, FRONT, PLACE

    names = list(table.columns)
    of_front = names[names.index(FRONT) :] if FRONT in names else []  # and the metrics behind it
    measured = [
        name
        for name in names
        if name in (PLACE, "n", *of_front) or any(word in _text(name) for word in _MEASURED)
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
