"""What a trial reports through Ray: a result for every epoch, and how it ended."""

from __future__ import annotations

import math
from typing import Any

from analysis.records import SEARCHABLE, State
from sweep.cluster.memory import peak_memory
from sweep.trial.outcome import BACKEND, EARLIER, EPOCH, MEMORY, NOTICE, OUTCOME, RATES, REASON
from sweep.trial.training import Training


class Reports:
    """The results of a training, one for every step.

    The first one of a resumed trial is the last epoch again, because the driver may have gone
    before it decided on it.
    """

    def __init__(self, training: Training) -> None:
        self._training = training
        trainer = training.trainer
        self._notice, self._earlier = training.notice, trainer.history[:-1]
        self._undecided = trainer.epoch > 0 and not trainer.done

    def step(self) -> dict[str, Any]:
        """Train one epoch; its result."""
        if self._undecided:
            self._undecided = False
            return self._latest()
        outcome = self._training.epoch()
        if outcome is None:
            return self._latest()
        end = {OUTCOME: outcome.state, "done": True}
        if outcome.state == State.DONE:
            return self._latest() | {**outcome.metrics, **end}
        return dict.fromkeys(SEARCHABLE, math.nan) | {REASON: outcome.reason, **end}

    def _latest(self) -> dict[str, Any]:
        """The latest epoch, and what is to be reported once."""
        trainer = self._training.trainer
        result = {**trainer.history[-1], EPOCH: trainer.epoch, BACKEND: trainer.computed_by}
        result[MEMORY] = peak_memory()
        if trainer.rates:
            result[RATES] = list(trainer.rates)
        if self._notice:
            result[NOTICE], self._notice = self._notice, ""
        if self._earlier:  # the driver that saw these reports may be gone
            result[EARLIER], self._earlier = self._earlier, []
        return result
