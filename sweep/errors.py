"""What can go wrong with a sweep: the user's mistakes, and the world's trouble."""

from __future__ import annotations

from analysis.text.plain import one_line


class SweepError(Exception):
    """The work cannot be done, or not now (exit code 1); the text is one line."""


class SpecError(SweepError, ValueError):
    """What the user gave is wrong (exit code 2): what, where, and what is allowed, in one line."""


class RunningError(SpecError):
    """Another process is at it."""


def first_line(error: BaseException) -> str:
    """What an error says, without secrets: of our own all, of others the first line."""
    from analysis.text.redaction import redacted  # a file of the user's may hide `analysis`

    if isinstance(error, SweepError):
        return str(error)
    lines = redacted(str(error)).strip().splitlines()
    return one_line(lines[0] if lines else type(error).__name__)
