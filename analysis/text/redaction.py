"""Passwords and tokens are removed from every text that leaves the program.

Libraries put addresses and what they were given into their errors. So it is not enough that we show
addresses without passwords: what is printed goes through here, whoever wrote it.
"""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TextIO, cast
from urllib.parse import quote, quote_plus

from analysis.text.addresses import secrets_in, shown
from analysis.text.plain import one_line
from analysis.text.variables import variables

Hide = Callable[[str], str]

_ADDRESS = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>]*[^\s\"'<>?.,;:!)]")
_ASSIGNED = re.compile(
    r"\b(password|passwd|sslpassword|token|secret)=([^\s&;,'\"]+)", re.IGNORECASE
)
_NAMES_A_SECRET = re.compile(
    r"(PASSWORD|PASSWD|PASSPHRASE|_PWD|TOKEN|SECRET|CREDENTIALS?|(ACCESS|SECRET|API|PRIVATE)_KEY)$",
    re.IGNORECASE,
)
_NAMES_AN_ADDRESS = re.compile(
    r"^(MLFLOW|SPIKESWEEP|RAY|AWS|FSSPEC)_|(PROXY|UR[IL]|DSN|ADDRESS|ENDPOINT)$", re.IGNORECASE
)
_SHORTEST = 5  # what is shorter is found in every other word, and is hidden in addresses only
_NO_SECRETS = frozenset(
    "spikesweep mlflow optuna postgres postgresql false true none localhost".split()
)


def redacted(text: str, arguments: Iterable[str] = ()) -> str:
    """A text without secrets: those in the environment, and those in addresses in the text.

    Args:
        text: Such as the error of a library.
        arguments: Of the command line, which may hold addresses, too.
    """
    return _hide(arguments)(text) if text else ""  # all secrets are read anew: they may change


def first_line(error: BaseException) -> str:
    """The first line of an error's text, without secrets; the name of its class if it has none."""
    lines = redacted(str(error)).strip().splitlines()
    return one_line(lines[0] if lines else type(error).__name__)


@contextmanager
def redacted_output(arguments: Iterable[str]) -> Iterator[None]:
    """Print without secrets, to standard output and standard error, while the block runs."""
    hide, before = _hide(arguments), (sys.stdout, sys.stderr)
    sys.stdout, sys.stderr = (_stream(stream, hide) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def redacted_traceback(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Tell of a bug as Python does, for `sys.excepthook`, but without secrets."""
    if sys.stderr:
        told = "".join(traceback.format_exception(kind, error, trace))
        sys.stderr.write(redacted(told, sys.argv[1:]))


class _RedactedStream:
    """A stream of text that hides what may not leave; all else is that of the stream behind it."""

    def __init__(self, stream: TextIO, hide: Hide) -> None:
        self._stream, self._hide = stream, hide

    def write(self, text: str) -> int:
        self._stream.write(self._hide(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        self._stream.writelines(map(self._hide, lines))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _stream(stream: TextIO, hide: Hide) -> TextIO:
    """A closed stream is None, in spite of its type."""
    return cast(TextIO, _RedactedStream(stream, hide)) if stream else stream


def _hide(arguments: Iterable[str]) -> Hide:
    secrets = sorted(_secrets(arguments), key=len, reverse=True)
    known = re.compile("|".join(rf"(?<!\w){re.escape(s)}(?!\w)" for s in secrets) or r"(?!)")

    def hide(text: str) -> str:
        without = _ADDRESS.sub(lambda found: shown(found[0]), known.sub("***", text))
        return _ASSIGNED.sub(r"\1=***", without)

    return hide


def _secrets(arguments: Iterable[str]) -> set[str]:
    """Passwords and tokens in the environment and in arguments, as they are written anywhere."""
    known = variables()
    found = {value for name, value in known.items() if _NAMES_A_SECRET.search(name)}
    given = (value for name, value in known.items() if _NAMES_AN_ADDRESS.search(name))
    for value in (*given, *arguments):
        for address in (value, *_ADDRESS.findall(value)):
            found |= secrets_in(address)
    spelled = {text for s in found for text in (s, quote(s, safe=""), quote_plus(s), repr(s)[1:-1])}
    return {s for s in spelled if len(s) >= _SHORTEST and s.lower() not in _NO_SECRETS}
