"""What can go wrong with a sweep: the user's mistakes, and the world's trouble."""

from __future__ import annotations


class SweepError(Exception):
    """The work cannot be done, or not now (exit code 1); the text is one line."""


class SpecError(SweepError, ValueError):
    """What the user gave is wrong (exit code 2): what, where, and what is allowed, in one line."""


_LONGEST = 300  # characters: of what others say, which may be the page of a web server


def one_line(error: BaseException) -> str:
    """What an error says, in one line: of our own all, of others the first line, cut if long."""
    if isinstance(error, SweepError):
        return str(error)
    lines = str(error).strip().splitlines()
    text = lines[0] if lines else type(error).__name__
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rsplit(' ', 1)[0]} …"
