"""How far a long command is: shown in place on a terminal, elsewhere a line from time to time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import final

from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from analysis.text.plain import visible

_PLAIN_EVERY_S = 10.0


@contextmanager
def counting(console: Console, deed: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for work on runs; to be told how many are done, and of how many.

    Args:
        console: Where it is shown.
        deed: What is done to the runs, such as `exporting`.
    """
    lines = _Lines(console)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"{deed} runs", total=None)

        def count(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of)
            lines.tell(f"{deed}: {done} of {of} runs")

        yield count


@contextmanager
def naming(console: Console) -> Iterator[Callable[[str], None]]:
    """A line for work whose steps have names, with the time so far; to be told what comes next.

    Args:
        console: Where it is shown.
    """
    lines, off = _Lines(console), not console.is_terminal
    columns = TextColumn("{task.description}", markup=False), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, disable=off) as bar:
        task = bar.add_task("", total=None)

        def name(what: str) -> None:
            bar.update(task, description=visible(what))
            lines.tell(f"{what} …")

        yield name


@final
class _Lines:
    """Lines where there is no terminal, not more than one in ten seconds."""

    def __init__(self, console: Console) -> None:
        self._console, self._told_at = console, time.monotonic()

    def tell(self, line: str) -> None:
        if not self._console.is_terminal and time.monotonic() - self._told_at > _PLAIN_EVERY_S:
            self._console.print(line)
            self._told_at = time.monotonic()
