"""What a report is made from: runs, launches and histories, read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.data.history import load_history
from analysis.data.launches import launches_of, provenance_of
from analysis.data.runs import read_records, tidy
from analysis.text.typeset import as_text


@dataclass(frozen=True, kw_only=True)
class Material:
    """Read from the tracking store, or from files of runs.

    Attributes:
        names: Of sweeps and files, as the reader gave them.
        tracking_uri: Of the store; None for MLflow's default.
        runs: As `load_runs` gives them.
        launches: As `launches_of` gives them.
        provenance: As `provenance_of` gives it.
    """

    names: tuple[str, ...]
    tracking_uri: str | None
    runs: pd.DataFrame
    launches: pd.DataFrame
    provenance: pd.DataFrame

    @classmethod
    def read(cls, names: Sequence[str], tracking_uri: str | None = None) -> Material:
        """Read all but the histories.

        Raises:
            AnalysisError: As `load_runs`.
        """
        records = read_records(names, tracking_uri)
        return cls(
            names=tuple(names),
            tracking_uri=tracking_uri,
            runs=tidy(records),
            launches=launches_of(records),
            provenance=provenance_of(records),
        )

    def history(self, metrics: Sequence[str], run_ids: Sequence[str]) -> pd.DataFrame:
        """The epochs of some of the runs."""
        return load_history(self.names, metrics, run_ids=run_ids, tracking_uri=self.tracking_uri)

    def varying(self, params: Sequence[str]) -> list[str]:
        """Those of the params that the runs have with more than one value."""
        return [
            name
            for name in params
            if name in self.runs and len({*map(as_text, self.runs[name].dropna().unique())}) > 1
        ]
