"""The exceptions that `analysis` raises for its users. They never mean a bug of ours."""

from __future__ import annotations


class AnalysisError(Exception):
    """The runs do not allow what was asked for; the text is one line for the user."""


class SchemaError(Exception):
    """The tables in a database belong to another version of a library; the text is one line."""


class WithoutPredictionsError(AnalysisError):
    """A file of runs has predictions of none of its runs: it was exported without them."""
