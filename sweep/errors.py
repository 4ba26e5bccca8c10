"""The errors of a sweep: mistakes of the user, and failures of disks, networks or servers."""

from __future__ import annotations


class SweepError(Exception):
    """The work cannot be done, or not now. Exit code 1; the text is one line."""


class SpecError(SweepError, ValueError):
    """The user's input is wrong. Exit code 2; a line a mistake: what, where, what is allowed.

    Args:
        mistakes: The lines.
    """

    def __init__(self, *mistakes: str) -> None:
        super().__init__(*mistakes)
        self.mistakes = mistakes

    def __str__(self) -> str:
        return "\n".join(self.mistakes)


class RunningError(SpecError):
    """Another process is running the same work."""


def first_line(error: BaseException) -> str:
    """The text of an error without secrets: all of our own errors, else the first line."""
    from analysis.text import redaction  # late: a user's file may hide the package `analysis`

    return str(error) if isinstance(error, SweepError) else redaction.first_line(error)
