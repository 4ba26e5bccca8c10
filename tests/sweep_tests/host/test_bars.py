"""Whoever waits for a long command sees how far it is."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from rich.console import Console

from sweep.host import bars
from sweep.host.bars import counting, naming
from sweep.host.console import PlainConsole


def shown(terminal: bool, do: Callable[[Console], None]) -> str:
    console = Console(force_terminal=True, width=80) if terminal else PlainConsole(width=80)
    console.file = stream = io.StringIO()
    do(console)
    return stream.getvalue()


@contextmanager
def at_once() -> Iterator[None]:
    """Lines are told without a pause between them."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bars, "_PLAIN_EVERY_S", -1.0)
        yield


def named(console: Console) -> None:
    with naming(console) as tell:
        tell("drawing figure [bold]curves\x07")


def counted(console: Console) -> None:
    with counting(console, "exporting") as count:
        count(2, 5)


def test_on_a_terminal_the_step_is_shown_in_place_and_taken_away() -> None:
    text = shown(True, named)
    assert "drawing figure [bold]curves\\x07" in text and "0:00:00" in text
    assert "…" not in text and text.endswith("\x1b[2K")  # the line is cleared


def test_on_a_terminal_a_bar_counts() -> None:
    assert " 40%" in shown(True, counted)


def test_elsewhere_there_is_a_line_from_time_to_time() -> None:
    assert shown(False, named) == shown(False, counted) == ""  # too soon for a line
    with at_once():
        assert shown(False, named) == "drawing figure [bold]curves\\x07 …\n"
        assert shown(False, counted) == "exporting: 2 of 5 runs\n"
