"""Errors of a sweep: mistakes of the user, and failures of disk, network or servers."""

from __future__ import annotations


class SweepError(Exception):
    """The work cannot be done, or not now (exit code 1); the text is one line."""


class SpecError(SweepError, ValueError):
    """What the user gave is wrong (exit code 2): what, where, and what is allowed, in one line."""


class RunningError(SpecError):
    """Another process is at it."""


def first_line(error: BaseException) -> str:
    """What an error says, without secrets: of our own all, of others the first line."""
    from analysis.text import redaction  # late: a user's file may hide the package `analysis`

    return str(error) if isinstance(error, SweepError) else redaction.first_line(error)
