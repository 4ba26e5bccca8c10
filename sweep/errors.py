"""What can go wrong with a sweep: the user's mistakes, and the world's trouble."""

from __future__ import annotations


class SweepError(Exception):
    """The work cannot be done, or not now (exit code 1); the text is one line."""


class SpecError(SweepError, ValueError):
    """What the user gave is wrong (exit code 2): what, where, and what is allowed, in one line."""


class RunningError(SpecError):
    """Another process is at it."""
