"""A configuration in training, in a sweep or alone: one place for its epochs and its end."""

from __future__ import annotations

from collections.abc import Callable

from analysis.records import State
from snn.errors import NonFiniteLossError
from snn.training.trainer import Trainer
from sweep.host.paths import TrialPaths
from sweep.trial import resumption
from sweep.trial.finish import finish
from sweep.trial.outcome import Outcome


class Training:
    """Goes on from the newest state in the trial's folder, and keeps its state there.

    Args:
        trainer: Of the configuration, at its begin.
        files: The trial's folder.

    Attributes:
        notice: What was damaged and from where it goes on, in a line; empty if nothing was.

    Raises:
        OSError: A file cannot be read.
    """

    def __init__(self, trainer: Trainer, files: TrialPaths) -> None:
        self.trainer, self.files = trainer, files
        self.notice = resumption.go_on(trainer, files)

    def epoch(self, on_batch: Callable[[int, int], None] | None = None) -> Outcome | None:
        """Train one epoch, unless all are done; after the last one, test and keep the network.

        A diverged loss or a full disk is an end, not an error.

        Args:
            on_batch: Called after every batch with the images done and their number in the epoch.

        Returns:
            How the training has ended; None if there are more epochs to come.
        """
        try:
            if not self.trainer.done:
                self.trainer.train_epoch(on_batch)
                resumption.save(self.trainer, self.files)
            if not self.trainer.done:
                return None
            return Outcome(State.DONE, finish(self.trainer, self.files))
        except NonFiniteLossError as error:
            return Outcome(State.FAILED, reason=str(error))
        except OSError as error:
            reason = f"{error.strerror or error}: {self.files.folder}"
            return Outcome(State.INTERRUPTED, reason=reason)
