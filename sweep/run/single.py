"""One configuration trained in this process, with the records of a sweep but without Ray."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from analysis.records import State, Tag
from snn.config import TrialConfig
from snn.data import Dataset, load
from snn.errors import CheckpointError, NonFiniteLossError
from snn.networks.own_checks import check_network
from snn.training import checkpoint
from snn.training.place import Place
from snn.training.trainer import Trainer
from sweep.host.paths import LaunchPaths, TrialPaths, anywhere, launches, storage_root
from sweep.run import launch
from sweep.spec.parsing import parse_sweep
from sweep.spec.plugins import plugins_in_use
from sweep.spec.sweep import Sweep
from sweep.tracking.earlier_runs import Ledger, Record
from sweep.tracking.provenance import launch_tags, provenance_tags
from sweep.tracking.same_store import refuse_another_store
from sweep.tracking.tracker import SWEEP_RUN, MlflowTracker, sweep_tags, trial_tags
from sweep.trial import finish, resumption
from sweep.trial.outcome import Outcome
from sweep.trial.params import differences

NAME = "train"
"""Trainings are launches of a sweep of this name."""


@dataclass
class Ended:
    """How a training ended: metrics and checkpoint, or the reason why there are none."""

    metrics: Mapping[str, float] = field(default_factory=dict)
    checkpoint: Place | str = ""
    reason: str = ""
    interrupted: bool = False
    undelivered: str = ""


def train(config: TrialConfig, console: Console) -> Ended:
    """Train a configuration to its end, or go on with it, or find its record.

    Raises:
        SnnError, SweepError, OSError: It cannot be trained here.
    """
    dataset = load(config.dataset)
    if config.has_own_network:
        check_network(config, dataset.n_pixels, dataset.n_classes)
    with launch.alone(NAME, f"the training of {config.config_id}", config.config_id):
        record = Ledger([dataset.sha256], console.print).find(config)
        if record and _has_network(record, config):
            console.print(f"trained before: MLflow run {record.run_id}")
            return Ended(record.metrics, record.checkpoint)
        return _train_noted(config, dataset, console)


def _has_network(record: Record, config: TrialConfig) -> bool:
    """Whether the network of a run is still there, and is of this configuration."""
    try:
        network, _ = checkpoint.load_network(anywhere(record.checkpoint, "checkpoint"))
    except CheckpointError:
        return False
    return not differences(network.config.params(), config)


def _train_noted(config: TrialConfig, dataset: Dataset, console: Console) -> Ended:
    """Train it as a launch, with notes for MLflow."""
    trainer = Trainer(config, dataset, "cuda" if torch.cuda.is_available() else "cpu")
    paths = _unfinished(config) or launch.begin(_as_sweep(config))
    with launch.driving(paths):
        refuse_another_store(paths)
        tracker = MlflowTracker(paths)
        tracker.begin(SWEEP_RUN, f"{NAME} {paths.launch}", {}, sweep_tags(paths) | launch_tags())
        tags = trial_tags(paths, config) | provenance_tags(dataset, config)
        tags |= {Tag.BACKEND: trainer.backend}
        tracker.begin(config.config_id, finish.trial_name(config), config.params(), tags)
        ended = _train(trainer, paths.trial(config.config_id), tracker, console)
        ended.undelivered = tracker.close()
    return ended


def _as_sweep(config: TrialConfig) -> Sweep:
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


def _train(trainer: Trainer, files: TrialPaths, tracker: MlflowTracker, console: Console) -> Ended:
    key = trainer.config.config_id
    try:
        _go_on(trainer, files, console)
        for epoch, metrics in enumerate(trainer.history, start=1):
            tracker.epoch(key, epoch, metrics)
        while not trainer.done:
            _epoch(trainer, console)
            resumption.save(trainer, files)
            tracker.epoch(key, trainer.epoch, trainer.history[-1])
        metrics = finish.finish(trainer, files)
        ended, outcome = Ended(metrics, files.best), Outcome(State.DONE, metrics)
    except NonFiniteLossError as error:
        ended, outcome = Ended(reason=str(error)), Outcome(State.FAILED, reason=str(error))
    except KeyboardInterrupt:
        ended, outcome = Ended(interrupted=True), Outcome(State.INTERRUPTED)
    except OSError as error:
        outcome = Outcome(State.INTERRUPTED, reason=f"{error.strerror}: {files.folder}")
        ended = Ended(reason=f"{outcome.reason}; mend that and give the same command again")
    done = outcome.state == State.DONE
    tracker.end(key, outcome, {}, [files.best.name, files.confusion.name] if done else [])
    tracker.end(SWEEP_RUN, Outcome(outcome.state), {})
    return ended


def _go_on(trainer: Trainer, files: TrialPaths, console: Console) -> None:
    damage = resumption.go_on(trainer, files)
    if damage or trainer.epoch:
        text = damage or f"going on after epoch {trainer.epoch}"
        console.print(text, soft_wrap=True, highlight=False, markup=False)


def _epoch(trainer: Trainer, console: Console) -> None:
    """One epoch with a bar while it runs and a line when it is done."""
    title = f"epoch {trainer.epoch + 1:>3} of {trainer.config.epochs}"
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as progress:
        bar = progress.add_task(title, total=len(trainer.train.labels))
        metrics = trainer.train_epoch(lambda seen, _: progress.update(bar, completed=seen))
    shown = ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "epoch_seconds")
    values = "  ".join(f"{name} {metrics[name]:.4f}" for name in shown)
    console.print(f"{title}  {values}", soft_wrap=True)
