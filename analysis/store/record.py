"""A run as it was logged, wherever it is read from: a tracking store or a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.records import KIND_TRIAL, State, Tag

# A run whose state was never told: what MLflow knows of it.
_STATE_BY_STATUS = {
    "FINISHED": State.DONE,
    "FAILED": State.FAILED,
    "KILLED": State.INTERRUPTED,
}


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run without the history of its metrics.

    Attributes:
        run_id: In the store where it was logged first, or in the one that it is read from.
        sweep: Name of its experiment.
        name: For people.
        status: MLflow's.
        start_ms: Since 1970, UTC.
        end_ms: The same; None while it runs.
        params: As text.
        tags: MLflow's own and ours.
        metrics: The latest value of each.
    """

    run_id: str
    sweep: str
    name: str
    status: str
    start_ms: int
    end_ms: int | None
    params: Mapping[str, str]
    tags: Mapping[str, str]
    metrics: Mapping[str, float]

    @property
    def is_trial(self) -> bool:
        """Whether it is of a trial, not of a whole sweep."""
        return self.tags[Tag.KIND] == KIND_TRIAL

    @property
    def state(self) -> str:
        """One of `State`; a seed that was done counts as pruned if its configuration was."""
        told = self.tags.get(Tag.STATE)
        if told == State.DONE and Tag.PRUNED in self.tags:
            return State.PRUNED
        return told or _STATE_BY_STATUS.get(self.status, State.RUNNING)
