"""Where a sweep keeps its files: every file name in one place.

ray_results/NAME/LAUNCH/spec.yaml           the sweep as it was launched
                       /driver.lock         held while a driver runs it
                       /outbox.jsonl        what is to be logged, in order
                       /delivered.jsonl     how much of it MLflow has
                       /refused.jsonl       what MLflow does not take, with the reason
                       /trials/CONFIG_ID/   last.pt, best.pt, confusion.json
                       /tune/               Ray Tune's own state
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sweep.errors import SpecError

STORAGE_ENV = "SPIKESWEEP_STORAGE"
STUDY_ENV = "SPIKESWEEP_OPTUNA"


def storage_root() -> Path:
    """SPIKESWEEP_STORAGE, or `ray_results` in the working directory; always absolute."""
    given = os.environ.get(STORAGE_ENV) or "ray_results"
    if "://" in given:
        raise SpecError(f"{STORAGE_ENV}: {given!r} is not a folder; allowed is a path")
    return Path(given).absolute()


def study_storage() -> str:
    """Database URL of the Optuna studies: SPIKESWEEP_OPTUNA, or SQLite in the working directory."""
    return os.environ.get(STUDY_ENV) or f"sqlite:///{Path('optuna.db').absolute()}"


@dataclass(frozen=True)
class TrialPaths:
    """The folder of one trial."""

    folder: Path

    @property
    def last(self) -> Path:
        """State to continue from."""
        return self.folder / "last.pt"

    @property
    def best(self) -> Path:
        """The network of the best epoch."""
        return self.folder / "best.pt"

    @property
    def confusion(self) -> Path:
        """Confusion matrix on the test images."""
        return self.folder / "confusion.json"


@dataclass(frozen=True)
class LaunchPaths:
    """The folder of one launch of a sweep; launches of a name are numbered from 1."""

    root: Path
    name: str
    launch: int

    @property
    def folder(self) -> Path:
        """Everything below belongs to this launch."""
        return self.root / self.name / str(self.launch)

    @property
    def key(self) -> str:
        """Name of the launch, unique in the store: that of the Optuna study, too."""
        return f"{self.name}/{self.launch}"

    @property
    def spec(self) -> Path:
        """The sweep as it was launched."""
        return self.folder / "spec.yaml"

    @property
    def lock(self) -> Path:
        """Locked while a driver runs the sweep."""
        return self.folder / "driver.lock"

    @property
    def outbox(self) -> Path:
        """What is to be logged."""
        return self.folder / "outbox.jsonl"

    @property
    def delivered(self) -> Path:
        """How much of the outbox MLflow has."""
        return self.folder / "delivered.jsonl"

    @property
    def refused(self) -> Path:
        """What MLflow does not take, with the reason."""
        return self.folder / "refused.jsonl"

    @property
    def tune(self) -> Path:
        """Ray Tune's storage path."""
        return self.folder / "tune"

    def trial(self, config_id: str) -> TrialPaths:
        """The folder of one trial."""
        return TrialPaths(self.folder / "trials" / config_id)


def launches(root: Path, name: str) -> list[LaunchPaths]:
    """All launches of a sweep, oldest first."""
    folder = root / name
    numbers = [int(p.name) for p in folder.iterdir() if p.name.isdigit()] if folder.is_dir() else []
    return [LaunchPaths(root, name, number) for number in sorted(numbers)]


def all_launches(root: Path) -> Iterator[LaunchPaths]:
    """All launches of all sweeps."""
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        yield from launches(root, folder.name)
