"""The runs that a sweep starts from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.store.record import RunRecord


def runs_of(names: Sequence[str]) -> list[RunRecord]:
    """The runs of these sweeps and files.

    Raises:
        AnalysisError: There is no store, it or a file cannot be read, or a sweep is unknown.
    """
    from analysis.data.runs import read_records  # slow to import, and most sweeps need none

    return read_records(names)
