"""The commands by what they are for, as `spikesweep --help` lists them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import typer

GROUPS: Mapping[str, Sequence[str]] = {
    "Get ready": ("doctor", "data", "specs", "validate", "schema", "check"),
    "Run": ("run", "confirm", "train", "sync"),
    "Run on a cluster": ("submit", "jobs", "logs", "stop"),
    "Look at results": ("list", "show", "best", "table", "figure", "report", "ui"),
    "Compare": ("effects", "compare", "fronts", "claims"),
    "Use a network": ("predict", "export"),
    "Share and tidy up": ("export-runs", "import-runs", "rename", "delete", "gc"),
}
_LONGEST = 1_000  # of a summary, which is wrapped rather than cut
_EXAMPLE = re.compile(r"(?P<question>[^`]*[?:])\s(?P<command>spikesweep .*)", re.DOTALL)
_AS_IT_STANDS = "\b"  # Click wraps no line of a paragraph that begins with this


class Commands(typer.core.TyperGroup):
    """Prints the group of every command, its summary whole, and its examples to be copied."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        for command in self.commands.values():
            paragraphs = (command.help or "").split("\n\n")
            command.help = "\n\n".join(map(_laid_out, paragraphs))

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands."""
        grouped = {name for names in GROUPS.values() for name in names}
        others = [name for name in self.list_commands(ctx) if name not in grouped]
        for title, names in [*GROUPS.items(), ("More", others)]:
            found = {name: self.get_command(ctx, name) for name in names}
            rows = [
                (name, command.get_short_help_str(_LONGEST))
                for name, command in found.items()
                if command is not None and not command.hidden
            ]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def _laid_out(paragraph: str) -> str:
    """An example as its question and, below, its command on a line of its own."""
    example = _EXAMPLE.fullmatch(paragraph.strip())
    if not example:
        return paragraph
    question, command = (" ".join(text.split()) for text in example.groups())
    return f"{_AS_IT_STANDS}\n{question}\n  {command}"
