"""The exceptions that a user of `snn` can meet. None of them means a bug of ours."""

from __future__ import annotations


class SnnError(Exception):
    """Base of every error raised on purpose by this package; its text is one line."""


class ConfigError(SnnError, ValueError):
    """Values of a configuration are not allowed; for each, a line names key, value and rule.

    Args:
        mistakes: The lines.
    """

    def __init__(self, *mistakes: str) -> None:
        super().__init__(*mistakes)
        self.mistakes = mistakes

    def __str__(self) -> str:
        return "\n".join(self.mistakes)


class DataError(SnnError):
    """A data set is missing, damaged or not what it says; the text names the file and the cure."""


class ArrayError(SnnError, TypeError):
    """An array or tensor is of a wrong type, shape or device; the text says what is allowed."""


class CheckpointError(SnnError):
    """A checkpoint cannot be read; the text names the file."""


class NonFiniteLossError(SnnError):
    """Training diverged: the loss is NaN or infinite."""


class ExportError(SnnError):
    """A network cannot be written in a format; the text names what has no counterpart there."""
