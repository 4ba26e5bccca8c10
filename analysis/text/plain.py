"""Text on its way to people: no control characters, and one line of bounded length for an error.

Imports nothing but the standard library: both the sweep and the analysis show text.
"""

from __future__ import annotations

import difflib
import re
import reprlib
from collections.abc import Iterable
from typing import Any

LONGEST_LINE = 400
"""Characters of an error; the middle of a longer one is left out."""

_LONGEST_VALUE = 80
_TAIL = 100  # characters at the end of an error, which say what is allowed or how to go on
_LEFT_OUT = " … "

# Characters that move a terminal's cursor, change its state or turn the direction of the text:
# the controls of C0 and C1, marks of direction, and ends of lines and paragraphs.
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F]
_CONTROLS += [*range(0x2028, 0x202F), *range(0x2066, 0x206A), 0xFEFF]
_SURROGATES = range(0xD800, 0xE000)  # halves of characters: no encoding can write them
_SHOWN = {code: ascii(chr(code))[1:-1] for code in (*_CONTROLS, *_SURROGATES)}

_SHOWN_IN_LINES = {code: shown for code, shown in _SHOWN.items() if chr(code) not in "\n\t"}
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class _Brief(reprlib.Repr):
    """Never builds the whole text of a large value."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother = 4, _LONGEST_VALUE, _LONGEST_VALUE
        self.maxlist = self.maxtuple = self.maxdict = 12


_BRIEF = _Brief()


def visible(text: str) -> str:
    r"""The text with its control characters escaped as in Python: `\x1b`, `\n`, `\u202e`."""
    return text.translate(_SHOWN)


def visible_lines(text: str) -> str:
    """The same of a text of several lines, which stay; colours are left out."""
    return _COLOUR.sub("", text).translate(_SHOWN_IN_LINES)


def one_line(text: str) -> str:
    """The text as one line of at most `LONGEST_LINE` visible characters."""
    line = visible(" ".join(text.split()))
    if len(line) <= LONGEST_LINE:
        return line
    head = LONGEST_LINE - _TAIL - len(_LEFT_OUT)
    return line[:head] + _LEFT_OUT + line[-_TAIL:]


def did_you_mean(given: object, known: Iterable[str], otherwise: str) -> str:
    """The nearest known name as a question, or another hint if none is near.

    Nearest is also the only one that begins so.
    """
    names, text = list(known), str(given)
    longer = [name for name in names if text and name.startswith(text)]
    close = longer if len(longer) == 1 else difflib.get_close_matches(text, names, n=1)
    return f"did you mean {close[0]}?" if close else otherwise


def known_names(given: object, known: Iterable[str]) -> str:
    """What is said beside a name that is none of those known: the nearest, and all of them."""
    names = list(known)
    return " ".join(filter(None, (did_you_mean(given, names, ""), f"known: {', '.join(names)}")))


def counted(number: float, noun: str) -> str:
    """A number of things in words, such as 1 seed, 3 seeds, 0.5 CPUs."""
    plural = "es" if noun.endswith("ch") else "s"
    return f"{number:.15g} {noun}{'' if number == 1 else plural}"


def brief(value: Any) -> str:
    """A value as it is written in Python, in at most 80 visible characters."""
    text = visible(_BRIEF.repr(value))
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
