"""Where the progress of a sweep is shown: a terminal, a notebook, or lines in a file or a pipe."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from html import escape
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from analysis.text.plain import visible
from sweep.host.console import in_notebook
from sweep.run.display.progress import Progress

_PLAIN_EVERY_S = 10.0
_NOTEBOOK_EVERY_S = 0.5


class Screen(ABC):
    """Shows the progress while it changes.

    Args:
        progress: What is shown.
        console: For the lines beside it.
    """

    def __init__(self, progress: Progress, console: Console) -> None:
        self.progress, self.console = progress, console

    @abstractmethod
    def start(self) -> None:
        """Begin to show."""

    @abstractmethod
    def changed(self, *, now: bool) -> None:
        """The progress has changed; now: in a way that is not to wait."""

    @abstractmethod
    def stop(self) -> None:
        """End; what was last stays to be read."""


class Lines(Screen):
    """A line now and then."""

    _last, _last_at = "", 0.0

    def start(self) -> None:
        """Nothing to show yet: what earlier drivers have done is counted first."""
        self._last_at = time.monotonic()

    def changed(self, *, now: bool) -> None:
        """A line for the end of a trial, and for its epochs every few seconds."""
        if now or time.monotonic() - self._last_at > _PLAIN_EVERY_S:
            self._print()

    def stop(self) -> None:
        """The last line, unless it stands there already."""
        self._print()

    def _print(self) -> None:
        line = self.progress.line()
        if line != self._last:
            self.console.print(line, soft_wrap=True, highlight=False, markup=False)
            self._last, self._last_at = line, time.monotonic()


class Terminal(Screen):
    """A bar and the running trials, renewed in place; the last line stays."""

    def __init__(self, progress: Progress, console: Console) -> None:
        super().__init__(progress, console)
        self.live = Live(console=console, get_renderable=self.render, transient=True)

    def start(self) -> None:
        """Renewed by a thread of its own."""
        self.live.start()

    def changed(self, *, now: bool) -> None:
        """Nothing to do: that thread looks."""

    def stop(self) -> None:
        """Only a line stays."""
        self.live.stop()
        self.console.print(self._state(), soft_wrap=True, highlight=False, markup=False)

    def _state(self) -> str:
        """The whole state in a line, or in one for each part of it where it is too wide."""
        line = visible(self.progress.line())
        fits = len(line) <= self.console.width
        return line if fits else line.replace(" | ", "\n")

    def render(self) -> Group:
        """The bar, the line, and a row for every running trial."""
        trials = Table.grid(padding=(0, 2))
        for _ in range(3):
            trials.add_column(no_wrap=True, overflow="ellipsis")
        for name, epoch, value in self.progress.rows():
            trials.add_row(f"  {visible(name)}", epoch, value)
        total = max(1, self.progress.planned)
        ended, waits = self.progress.ended, bool(self.progress.waits)
        bar = ProgressBar(total=total, completed=ended, width=30, pulse=waits)
        # Beside the bar, a narrow terminal would have no room for a whole word.
        head = Table.grid()
        head.add_row(bar)
        head.add_row(Text(self._state()))
        return Group(head, trials)


class Notebook(Screen):
    """A table in the output of a cell, renewed in place; the last one stays."""

    _handle: Any = None
    _shown_at = 0.0

    def start(self) -> None:
        """Put the table into the cell."""
        from IPython.display import HTML, display

        self._handle = display(HTML(self.html()), display_id=True)  # type: ignore[no-untyped-call]

    def changed(self, *, now: bool) -> None:
        """Renew the table, but not too often: every time is a message to the browser."""
        if time.monotonic() - self._shown_at > _NOTEBOOK_EVERY_S:
            self._renew()

    def stop(self) -> None:
        """Show how it ended."""
        self._renew()

    def html(self) -> str:
        """A bar, the line, and a row for every running trial."""
        progress = self.progress
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(visible(cell))}</td>" for cell in row) + "</tr>"
            for row in progress.rows()
        )
        bar = f'<progress value="{progress.ended}" max="{max(1, progress.planned)}"></progress>'
        return f"{bar} {escape(visible(progress.line()))}<table>{rows}</table>"

    def _renew(self) -> None:
        from IPython.display import HTML

        self._handle.update(HTML(self.html()))  # type: ignore[no-untyped-call]
        self._shown_at = time.monotonic()


def screen_for(console: Console) -> Callable[[Progress, Console], Screen]:
    """What suits the place where the console writes."""
    if console.is_terminal:
        return Terminal
    return Notebook if in_notebook() else Lines
