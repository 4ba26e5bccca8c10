"""The console for progress and tables: control characters in it are escaped."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console
from rich.text import Text

from analysis.text.plain import visible_lines


class PlainConsole(Console):
    """A console that shows texts without markup, with control characters escaped.

    Names and values come from stores, files and clusters, so anybody may have written them.
    Rich hands every text through `render_str`, cells of tables and titles included.

    Args:
        stderr: Whether it writes to standard error.
        soft_wrap: Whether long lines are left to the terminal.
        width: In characters; by default that of the terminal.
    """

    def __init__(
        self, *, stderr: bool = False, soft_wrap: bool = False, width: int | None = None
    ) -> None:
        super().__init__(
            stderr=stderr,
            soft_wrap=soft_wrap,
            width=width,
            highlight=False,
            markup=False,
            emoji=False,
            # A kernel claims to be a terminal. What is printed there is text, as in a pipe.
            force_jupyter=False,
            force_terminal=False if in_notebook() else None,
        )

    def render_str(self, text: str, **given: Any) -> Text:
        """The text with its control characters escaped, but for ends of lines."""
        return super().render_str(visible_lines(text), **given)


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None


def duration(seconds: float) -> str:
    """A duration for people: `45 s`, `3 min`, `2 h 5 min`."""
    if seconds < 90:
        return f"{max(0, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
