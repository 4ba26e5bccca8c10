"""What a report is made from: runs, launches and histories, read once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.data.activity import ImageActivity
from analysis.data.groups import several_values
from analysis.data.labelled import labelled
from analysis.data.origins.launches import launches_of, provenance_of
from analysis.data.runs import read_records, tidy
from analysis.figures.parts.declaration import Source, no_activity, source_of


@dataclass(frozen=True, kw_only=True)
class Material:
    """Read from the tracking store, or from files of runs.

    Attributes:
        names: Of sweeps and files, as the reader gave them.
        tracking_uri: Of the store; None for MLflow's default.
        runs: As `load_runs` gives them, with the labels of users' components.
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
            runs=labelled(tidy(records)),
            launches=launches_of(records),
            provenance=provenance_of(records),
        )

    def source(self, activity: Callable[[str], ImageActivity] = no_activity) -> Source:
        """What its figures are drawn from.

        Args:
            activity: What the network of a run does with the first test image, by the run's id.
        """
        return source_of(self.names, self.runs, self.tracking_uri, activity)

    def varying(self, params: Sequence[str]) -> list[str]:
        """Those of the params that the runs have with more than one value."""
        return several_values(self.runs, params)
