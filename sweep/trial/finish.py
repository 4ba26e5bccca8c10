"""The end of a training, in a sweep or alone: test, and keep the best network and its answers."""

from __future__ import annotations

import json

from analysis.predictions.file import as_file
from analysis.predictions.record import Predictions
from analysis.records import SEARCHABLE
from snn.training.checkpoints import checkpoint
from snn.training.metrics import Answered
from snn.training.trainer import Trainer
from sweep.host.paths import TrialPaths


def finish(trainer: Trainer, files: TrialPaths) -> dict[str, float]:
    """Test the best epoch and write its network and what it takes for what; the final metrics.

    Raises:
        OSError: The files cannot be written.
    """
    tested = trainer.tested()
    metrics = {**tested.metrics}
    best = trainer.history[trainer.best_epoch - 1]
    metrics |= {f"best_{name}": best[name] for name in SEARCHABLE if name in best}
    files.folder.mkdir(parents=True, exist_ok=True)
    files.confusion.write_text(json.dumps(tested.confusion.tolist()), encoding="utf-8")
    if tested.by_group:
        told = {"kind": trainer.group_kind, "hits": tested.by_group}
        files.groups.write_text(json.dumps(told), encoding="utf-8")
    files.predictions.write_bytes(as_file(_predictions(trainer.data_sha256, tested.answered)))
    checkpoint.save_network(files.best, trainer.best_network(), metrics)
    files.previous.unlink(missing_ok=True)  # no training resumes from it any more
    return metrics


def _predictions(data: str, answered: Answered) -> Predictions:
    return Predictions(
        data=data,
        labels=answered.labels,
        predicted=answered.predicted,
        probability=answered.probability,
        true_probability=answered.true_probability,
    )
