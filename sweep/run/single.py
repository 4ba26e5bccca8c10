"""Trains one configuration in this process, logged like a sweep but without Ray."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from analysis.records import State, Tag
from snn.config import TrialConfig
from snn.data import load
from snn.data.base import Data, require_fit
from snn.errors import CheckpointError
from snn.networks.own_checks import check_network
from snn.training.checkpoints import checkpoint
from snn.training.checkpoints.place import Place
from snn.training.trainer import Trainer
from sweep.host.paths import LaunchPaths, TrialPaths, anywhere, launches, storage_root
from sweep.run import launch
from sweep.spec.parsing import parse_sweep
from sweep.spec.plugins import plugins_in_use
from sweep.spec.specification import Specification
from sweep.tracking.earlier_runs import EarlierRun, Ledger
from sweep.tracking.launch_log import LaunchLog
from sweep.tracking.same_store import refuse_another_store
from sweep.tracking.tracker import MlflowTracker
from sweep.trial.outcome import Outcome
from sweep.trial.params import differences
from sweep.trial.training import Training

NAME = "train"
"""All such trainings are launches of one sweep of this name."""


@dataclass
class Ended:
    """How a training ended: metrics and checkpoint, or the reason why there are none."""

    metrics: Mapping[str, float] = field(default_factory=dict)
    checkpoint: Place | str = ""
    reason: str = ""
    interrupted: bool = False
    undelivered: str = ""


def train(config: TrialConfig, console: Console) -> Ended:
    """Train a configuration to its end, or resume it, or find its finished run.

    Raises:
        SnnError, SweepError, OSError: The configuration cannot be trained here.
    """
    dataset = load(config.dataset)
    require_fit(dataset, config)
    if config.has_own_network:
        seen = dataset.seen_by(config)
        check_network(config, seen.n_pixels, dataset.n_classes, seen.shape)
    with launch.alone(NAME, f"the training of {config.config_id}", config.config_id):
        record = Ledger([dataset.sha256], console.print).find(config)
        if record and _has_network(record, config):
            console.print(f"trained before: MLflow run {record.run_id}")
            return Ended(record.metrics, record.checkpoint)
        return _train_noted(config, dataset, console)


def _has_network(record: EarlierRun, config: TrialConfig) -> bool:
    """Whether the network of a run is still there, and is of this configuration."""
    try:
        network, _ = checkpoint.load_network(anywhere(record.checkpoint, "checkpoint"))
    except CheckpointError:
        return False
    return not differences(network.config.params(), config)


def _train_noted(config: TrialConfig, dataset: Data, console: Console) -> Ended:
    """Train it as a launch that is logged to MLflow."""
    trainer = Trainer(config, dataset, "cuda" if torch.cuda.is_available() else "cpu")
    for note in trainer.notes:
        console.print(note, soft_wrap=True, highlight=False, markup=False)
    paths = _unfinished(config) or launch.begin(_as_sweep(config))
    with launch.driving(paths):
        refuse_another_store(paths)
        tracker = MlflowTracker(paths)
        log = LaunchLog(paths, tracker)
        log.begin_launch()
        log.begin(config, dataset, {Tag.BACKEND: trainer.computed_by})
        files = paths.trial(config.config_id)
        outcome = _train(trainer, files, log, console)
        log.end(config, outcome)
        log.end_launch(Outcome(outcome.state))
        ended = _ended(outcome, files)
        ended.undelivered = tracker.close()
    return ended


def _as_sweep(config: TrialConfig) -> Specification:
    base = {key: value for key, value in config.to_wire().items() if key != "seed"}
    plan = {"name": NAME, "base": base, "scheduler": "none", "seeds": [config.seed]}
    return parse_sweep({**plan, "plugins": plugins_in_use()})


def _unfinished(config: TrialConfig) -> LaunchPaths | None:
    """The launch in which this configuration was begun and not finished."""
    for paths in reversed(launches(storage_root(), NAME)):
        files = paths.trial(config.config_id)
        if files.begun and not files.best.exists():
            return paths
    return None


def _train(trainer: Trainer, files: TrialPaths, log: LaunchLog, console: Console) -> Outcome:
    config = trainer.config
    try:
        training = Training(trainer, files)
        if training.notice or trainer.epoch:
            text = training.notice or f"going on after epoch {trainer.epoch}"
            console.print(text, soft_wrap=True, highlight=False, markup=False)
        outcome = None
        while outcome is None:
            log.epochs(config, dict(enumerate(trainer.history, start=1)))
            outcome = _epoch(training, console)
        log.epochs(config, dict(enumerate(trainer.history, start=1)))
        return outcome
    except KeyboardInterrupt:
        return Outcome(State.INTERRUPTED)
    except OSError as error:
        reason = f"{error.strerror or error}: {files.folder}"
        return Outcome(State.INTERRUPTED, reason=reason)


def _ended(outcome: Outcome, files: TrialPaths) -> Ended:
    if outcome.state == State.DONE:
        return Ended(outcome.metrics, files.best)
    if outcome.state == State.FAILED:
        return Ended(reason=outcome.reason)
    if not outcome.reason:
        return Ended(interrupted=True)
    return Ended(reason=f"{outcome.reason}; mend that and give the same command again")


def _epoch(training: Training, console: Console) -> Outcome | None:
    """One epoch with a bar while it runs and a line when it is done."""
    trainer = training.trainer
    before = trainer.epoch
    title = f"epoch {before + 1:>3} of {trainer.config.epochs}"
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as progress:
        bar = progress.add_task(title, total=len(trainer.train.labels))
        outcome = training.epoch(lambda seen, _: progress.update(bar, completed=seen))
    if trainer.epoch > before:  # it did not diverge, and was not the end of all epochs before
        metrics = trainer.history[-1]
        shown = ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "epoch_seconds")
        values = "  ".join(f"{name} {metrics[name]:.4f}" for name in shown)
        console.print(f"{title}  {values}", soft_wrap=True)
    return outcome
