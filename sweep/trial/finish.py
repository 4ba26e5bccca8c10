"""The end of a training, in a sweep or alone: test, and keep the best network."""

from __future__ import annotations

import json
from collections.abc import Mapping

from analysis.records import SEARCHABLE
from snn.config import TrialConfig
from snn.training import checkpoint
from snn.training.trainer import Trainer
from sweep.host.paths import TrialPaths
from sweep.trial.resumption import history


def finish(trainer: Trainer, files: TrialPaths) -> dict[str, float]:
    """Test the best epoch and write its network and confusion matrix; the final metrics.

    Raises:
        OSError: The files cannot be written.
    """
    metrics, confusion = trainer.test_best()
    best = trainer.history[trainer.best_epoch - 1]
    metrics |= {f"best_{name}": best[name] for name in SEARCHABLE if name in best}
    files.folder.mkdir(parents=True, exist_ok=True)
    files.confusion.write_text(json.dumps(confusion.tolist()), encoding="utf-8")
    checkpoint.save_network(files.best, trainer.best_network(), metrics)
    files.previous.unlink(missing_ok=True)  # nothing can go on from it any more
    return metrics


def epochs_of(files: TrialPaths, config: TrialConfig) -> dict[int, Mapping[str, float]]:
    """The metrics of every epoch that a trial has done, from its checkpoint, if it is its own."""
    return dict(enumerate(history(files, config), start=1))


def trial_name(config: TrialConfig) -> str:
    """A name for people: `alif-rec latency 128 seed 0 900c52`."""
    if config.has_own_network:
        network = config.component("network")
        values = [f"{key}={getattr(config, key)}" for key in network.own]
        return " ".join([network.label, *values, f"seed {config.seed}", config.config_id[:6]])
    dynamics = config.dynamics + ("-rec" if config.recurrent and config.dynamics != "mlp" else "")
    code = [] if config.dynamics == "mlp" else [config.encoding]
    size = "x".join(str(size) for size in config.hidden)
    return " ".join([dynamics, *code, size, f"seed {config.seed}", config.config_id[:6]])
