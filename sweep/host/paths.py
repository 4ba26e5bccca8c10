"""Where a sweep keeps its files: every file name in one place.

ray_results/NAME/LAUNCH/id                  of this launch: no other folder has the same
                       /spec.yaml           the sweep as it was launched
                       /plugins/DIGEST/     the users' files that it runs with
                       /start_from.json     what its sampler knows of earlier sweeps
                       /trials/CONFIG_ID/   last.pt, best.pt, confusion.json, groups.json,
                                            predictions.parquet
                       /driver.lock         held while a driver runs it
                       /outbox.jsonl        what is to be logged, in order
                       /delivered.jsonl     how much of it MLflow has, and which MLflow
                       /refused.jsonl       what MLflow refused, with the reason
                       /tune/               Ray Tune's own state

All nodes read and write the first five; SPIKESWEEP_STORAGE says where: a folder, or the URL of an
object store. An object store has neither appended lines nor locks. The rest, which only the driver
needs, is then in `ray_results` on the driver's machine.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.records import CONFUSION_FILE, GROUPS_FILE, PREDICTIONS_FILE
from analysis.text import addresses
from snn.training.checkpoints.place import Place
from sweep.errors import SpecError

STORAGE_ENV = "SPIKESWEEP_STORAGE"
STUDY_ENV = "SPIKESWEEP_OPTUNA"


def storage_root() -> Place:
    """SPIKESWEEP_STORAGE, or `ray_results` in the working directory; always absolute.

    Raises:
        SpecError: It is a URL that cannot be used.
    """
    given = os.environ.get(STORAGE_ENV) or "ray_results"
    root = anywhere(given, STORAGE_ENV)
    if "://" in given and addresses.secrets_in(
        given
    ):  # the addresses of files stand in notes, tags and messages
        raise SpecError(
            f"{STORAGE_ENV}: {addresses.shown(given)}: a password must not stand in it; give it as "
            "the file system takes it otherwise, such as AWS_SECRET_ACCESS_KEY or a file of its own"
        )
    return root.absolute() if isinstance(root, Path) else root


def anywhere(place: str, what: str) -> Place:
    """A path, or a URL that is used like one.

    Args:
        place: The path or URL.
        what: What it is, for errors.

    Raises:
        SpecError: Nothing that is installed knows such URLs.
    """
    local = addresses.local_path(place)
    if local is not None or "://" not in place:
        return local or Path(place)
    from upath import UPath  # slow to import, and most have a folder

    try:
        path = UPath(place)
        path.fs  # noqa: B018 (here, what it needs is imported)
        return path
    except ImportError as error:
        raise SpecError(f"{what}: {addresses.shown(place)}: {error}") from None
    except ValueError:
        protocol = place.partition(":")[0]
        raise SpecError(
            f"{what}: {addresses.shown(place)}: nothing here reads {protocol}://; allowed is a "
            "folder, or a URL of a file system that fsspec knows, such as s3:// or gs://"
        ) from None


def study_storage() -> str:
    """Database URL of the Optuna studies: SPIKESWEEP_OPTUNA, or SQLite in the working directory.

    Raises:
        AnalysisError: No database can be opened in a directory of this name.
    """
    return os.environ.get(STUDY_ENV) or addresses.sqlite_url(Path("optuna.db"))


@dataclass(frozen=True)
class TrialPaths:
    """The folder of one trial."""

    folder: Place

    @property
    def last(self) -> Place:
        """State to continue from."""
        return self.folder / "last.pt"

    @property
    def previous(self) -> Place:
        """The state one epoch before, used if `last` is damaged; removed when the training ends."""
        return self.folder / "previous.pt"

    @property
    def begun(self) -> bool:
        """Whether there is a state to continue from."""
        return self.last.exists() or self.previous.exists()

    @property
    def best(self) -> Place:
        """The network of the best epoch."""
        return self.folder / "best.pt"

    @property
    def confusion(self) -> Place:
        """Confusion matrix on the test images."""
        return self.folder / CONFUSION_FILE

    @property
    def groups(self) -> Place:
        """Hits by group of the test images, where these have groups."""
        return self.folder / GROUPS_FILE

    @property
    def predictions(self) -> Place:
        """What the network answered to every test image."""
        return self.folder / PREDICTIONS_FILE


@dataclass(frozen=True)
class LaunchPaths:
    """The folder of one launch of a sweep; launches of a name are numbered from 1.

    Attributes:
        id: 16 hex digits that tell the launch from those of other folders with the same name and
            number, which may share a database with it. Launches of the first version have none.
    """

    root: Place
    name: str
    launch: int
    id: str = ""

    @property
    def folder(self) -> Place:
        """What all nodes read and write of this launch."""
        return self.root / self.name / str(self.launch)

    @property
    def own(self) -> Path:
        """The folder for what only the driver needs; on the driver's disk."""
        return own_folder(self.root, self.name) / str(self.launch)

    @property
    def title(self) -> str:
        """The launch in messages to people."""
        return f"{self.name}/{self.launch}"

    @property
    def key(self) -> str:
        """Name of the launch, unique in all stores: that of the Optuna study, too."""
        return f"{self.title}-{self.id}" if self.id else self.title

    @property
    def id_file(self) -> Place:
        """Holds the id."""
        return self.folder / "id"

    @property
    def spec(self) -> Place:
        """The sweep as it was launched."""
        return self.folder / "spec.yaml"

    @property
    def plugins(self) -> Place:
        """The users' files that it runs with."""
        return self.folder / "plugins"

    @property
    def start_from(self) -> Place:
        """What its sampler knows of earlier sweeps."""
        return self.folder / "start_from.json"

    @property
    def lock(self) -> Path:
        """Locked while a driver runs the sweep."""
        return self.own / "driver.lock"

    @property
    def outbox(self) -> Path:
        """What is to be logged."""
        return self.own / "outbox.jsonl"

    @property
    def delivered(self) -> Path:
        """How much of the outbox MLflow has."""
        return self.own / "delivered.jsonl"

    @property
    def refused(self) -> Path:
        """What MLflow does not take, with the reason."""
        return self.own / "refused.jsonl"

    @property
    def tune(self) -> Path:
        """Ray Tune's storage path."""
        return self.own / "tune"

    def trial(self, config_id: str) -> TrialPaths:
        """The folder of one trial."""
        return TrialPaths(self.folder / "trials" / config_id)


def own_folder(root: Place, name: str) -> Path:
    """What only the drivers of a sweep need, on the disk of their machine."""
    here = root if isinstance(root, Path) else Path("ray_results").absolute()
    return here / name


def launches(root: Place, name: str) -> list[LaunchPaths]:
    """All launches of a sweep, oldest first."""
    folder = root / name
    numbers = [int(p.name) for p in folder.iterdir() if p.name.isdigit()] if folder.is_dir() else []
    found = [LaunchPaths(root, name, number) for number in sorted(numbers)]
    return [replace(paths, id=_read_id(paths)) for paths in found]


def _read_id(paths: LaunchPaths) -> str:
    try:
        text = paths.id_file.read_bytes().decode(errors="replace").strip()
    except FileNotFoundError:
        return ""
    # empty: the launch was killed while it was made
    if text and not re.fullmatch("[0-9a-f]{16}", text):
        raise SpecError(f"{paths.id_file}: is not the id of a launch, 16 hex digits; restore it")
    return text


def all_launches(root: Place) -> Iterator[LaunchPaths]:
    """All launches of all sweeps."""
    for name in sorted(folder.name for folder in root.iterdir()) if root.is_dir() else ():
        yield from launches(root, name)
