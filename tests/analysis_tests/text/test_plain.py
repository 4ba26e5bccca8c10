"""Text on its way to people: whatever it holds, a terminal only shows it."""

from __future__ import annotations

import unicodedata
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table

from analysis.text.plain import LONGEST_LINE, brief, one_line, visible
from sweep.host.console import PlainConsole

_TURNS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_harmless(text: str) -> bool:
    """Whether a terminal shows all of it, from left to right, in one line."""
    return not any(
        unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") or sign in _TURNS for sign in text
    )


@given(st.text(st.characters(), max_size=40))
def test_every_text_becomes_harmless_and_plain_ones_stay(text: str) -> None:
    assert is_harmless(visible(text))
    assert visible(visible(text)) == visible(text)
    assert (visible(text) == text) or not is_harmless(text) or "\ufeff" in text


def test_control_characters_are_written_as_in_python() -> None:
    assert visible("a\x1b[2J\n\x9b\u202e\ud800 ü") == r"a\x1b[2J\n\x9b\u202e\ud800 ü"


@given(st.text(st.characters()))
def test_an_error_is_one_harmless_line(text: str) -> None:
    line = one_line(text)
    assert is_harmless(line)
    assert len(line) <= LONGEST_LINE


def test_a_long_error_keeps_its_begin_and_its_end() -> None:
    line = one_line(f"where: {'x' * 100_000}; go on with --resume")
    assert line.startswith("where: xxx") and line.endswith("xxx; go on with --resume")
    assert len(line) == LONGEST_LINE


@pytest.mark.parametrize(
    ("value", "shown"),
    [([0, 1], "[0, 1]"), ({"a": None}, "{'a': None}"), (-1, "-1"), ("x", "'x'")],
)
def test_a_small_value_is_shown_whole(value: Any, shown: str) -> None:
    assert brief(value) == shown


@pytest.mark.parametrize("value", ["x" * 10**6, list(range(10**6)), 10**4000, {"a": ["b" * 999]}])
def test_a_large_value_is_shown_short(value: Any) -> None:
    assert len(brief(value)) <= 80


@pytest.mark.parametrize("in_table", [False, True])
def test_a_console_shows_text_and_runs_nothing(in_table: bool) -> None:
    console, hostile = PlainConsole(width=120), "a\x1b]0;x\x07\x9b2J[red]b[/red] :smile:"
    console.file = StringIO()
    shown: Any = hostile
    if in_table:
        shown = Table(hostile)
        shown.add_row(hostile)
    console.print(shown)
    text = console.file.getvalue()
    assert is_harmless(text.replace("\n", ""))
    assert r"a\x1b]0;x\x07\x9b2J[red]b[/red] :smile:" in text
