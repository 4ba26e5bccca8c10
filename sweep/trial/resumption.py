"""How a training resumes: from its last checkpoint, or the one before if that is damaged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from snn.config import TrialConfig
from snn.errors import CheckpointError
from snn.training.checkpoints import checkpoint
from snn.training.checkpoints.contents import read_training
from snn.training.checkpoints.place import Place
from snn.training.trainer import Trainer
from sweep.host.paths import TrialPaths
from sweep.trial.params import differences


def save(trainer: Trainer, files: TrialPaths) -> None:
    """Write the state of a training, and keep the previous one.

    Raises:
        OSError: It cannot be written; both are as they were.
    """
    checkpoint.save(files.last, trainer.state(), files.previous)


def go_on(trainer: Trainer, files: TrialPaths) -> str:
    """Continue from the newest state that is whole; without one, the trainer stays as it is.

    Returns:
        What was damaged and where the training resumes; empty if nothing was damaged.

    Raises:
        OSError: A file cannot be read.
    """
    damage = _newest(files, trainer.load)
    if not damage:
        return ""
    return f"{damage}; " + (
        f"going on after epoch {trainer.epoch}" if trainer.epoch else "starting anew"
    )


def history(files: TrialPaths, config: TrialConfig) -> list[Mapping[str, float]]:
    """The metrics of every epoch in the newest state that is whole, if it is of a configuration."""
    found: list[Mapping[str, float]] = []

    def take(state: dict[str, Any]) -> None:
        training = read_training(state)
        if not differences(training.config, config):
            found.extend(training.history)

    _newest(files, take)
    return found


def _newest(files: TrialPaths, take: Callable[[dict[str, Any]], None]) -> str:
    """Pass on the newest state that is not damaged. Returns what was damaged."""
    damage: list[str] = []
    for place in (files.last, files.previous):
        if not place.exists():
            continue
        try:
            state = checkpoint.load(place)
            _taken(place, state, take)
            break
        except CheckpointError as error:
            damage.append(str(error))
    return "; ".join(damage)


def _taken(place: Place, state: dict[str, Any], take: Callable[[dict[str, Any]], None]) -> None:
    try:
        take(state)
    except CheckpointError as error:
        raise CheckpointError(f"{place}: {error}") from None
