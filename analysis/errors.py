"""The exception that a user of `analysis` can meet. It never means a bug of ours."""

from __future__ import annotations


class AnalysisError(Exception):
    """What was asked of the runs cannot be given; the text is one line for the user."""
