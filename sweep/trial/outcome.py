"""How a trial ended, and the keys of the results that a trainable reports through Ray."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.records import FINAL_METRICS, State
from analysis.text.redaction import redacted

EPOCH, OUTCOME, REASON, EARLIER, BACKEND = "epoch", "outcome", "reason", "earlier", "backend"
MEMORY = "memory_bytes"  # the most that the worker has taken so far
RATES = "rates"
"""Of every hidden layer, on the validation images: spikes of a neuron per time step."""
NOTICE = "notice"
"""A line for the user about the trial."""


@dataclass(frozen=True)
class Outcome:
    """The end of one trial.

    Attributes:
        state: One of `State`.
        metrics: Final metrics where it is done, else those of the last epoch.
        reason: Why it failed or was interrupted.
        reused_from: MLflow run id, if this is the result of an earlier run.
    """

    state: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""
    reused_from: str = ""

    def value(self, metric: str) -> float:
        """The metric of the epoch that validation chose."""
        return self.metrics.get(f"best_{metric}", math.nan)


def outcome_of(result: Mapping[str, Any] | None) -> Outcome:
    """Read the end of a trial from its last result.

    A trial whose last result does not say how it ended was stopped by the scheduler.
    """
    result = result or {}
    metrics = {k: float(result[k]) for k in FINAL_METRICS if k in result}
    return Outcome(
        str(result.get(OUTCOME, State.PRUNED)), metrics, redacted(str(result.get(REASON, "")))
    )
