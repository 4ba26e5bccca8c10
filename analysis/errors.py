"""The exceptions that a user of `analysis` can meet. They never mean a bug of ours."""

from __future__ import annotations


class AnalysisError(Exception):
    """What was asked of the runs cannot be given; the text is one line for the user."""


class SchemaError(Exception):
    """The tables in a database are not those of the library that is installed; in one line."""
