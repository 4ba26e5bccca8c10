"""What a sweep has in MLflow, in Optuna's database and on disk, and how all of it is deleted.

Nothing is deleted that was not counted and shown first. The parts are deleted in an order in which
the rest is still found by the name of the sweep, so that a deletion that broke off can be repeated.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.records import State, Tag
from analysis.store.schema import OPTUNA, look
from analysis.store.tracking_store import experiments_of, sweep_experiments, sweep_runs
from analysis.text.addresses import shown, sqlite_path
from analysis.text.plain import counted, did_you_mean
from sweep.errors import SpecError, SweepError, first_line
from sweep.host.paths import (
    STUDY_ENV,
    LaunchPaths,
    launches,
    own_folder,
    storage_root,
    study_storage,
)
from sweep.results.half_renamed import refuse_half_renamed
from sweep.run import launch
from sweep.spec.fresh_seeds import CONFIRMED
from sweep.tracking.store import open_store, store_exists, store_uri

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

    from analysis.store.record import RunRecord


@dataclass(frozen=True)
class Holdings:
    """What there is of a sweep.

    Attributes:
        name: Of the sweep.
        experiments: Ids of its experiments in MLflow.
        runs: How many they have, in words: `8 runs and 1 launch`.
        running: How many of the launches run, by MLflow.
        borrowed: How many runs of other sweeps were reused from its runs, by sweep: the networks of
            these are its files.
        registered: The versions of models that are registered from its runs, such as `digits/1`.
        studies: Names of its studies.
        launches: Those in the storage folder.
    """

    name: str
    experiments: tuple[str, ...]
    runs: str
    running: int
    borrowed: Mapping[str, int]
    registered: tuple[str, ...]
    studies: tuple[str, ...]
    launches: tuple[LaunchPaths, ...]

    def lines(self) -> Iterator[str]:
        """What will be deleted, for people."""
        if self.experiments:
            yield (
                f"MLflow  {self.runs} in {shown(store_uri())}; as deleted ones they keep their "
                "copies of networks until `mlflow gc`"
            )
        if self.studies:
            studies = "study" if len(self.studies) == 1 else "studies"
            yield f"Optuna  {len(self.studies)} {studies} in {shown(study_storage())}"
        for paths in self.launches:
            yield f"files   {paths.folder} ({size(bytes_of(paths.folder)) or 'empty'})"
        if self.running:
            yield f"warning: {counted(self.running, 'launch')} of it run, by MLflow"
        for other, number in self.borrowed.items():
            yield f"warning: {counted(number, 'run')} of {other} lose the networks, which are here"
        for version in self.registered:
            yield f"warning: models:/{version} is of it, and is broken after `mlflow gc`"


def holdings(name: str) -> Holdings:
    """What there is of a sweep; nothing is changed.

    Raises:
        SpecError: There is nothing, or it was half renamed.
        SweepError: A store cannot be read.
    """
    refuse_half_renamed(name)
    found = tuple(launches(storage_root(), name))
    with world(f"read what there is of {name}"):
        client = open_store() if store_exists() else None
        experiments = experiments_of(client, [name]) if client else {}
        runs = list(sweep_runs(client, experiments)) if client else []
        ids = {run.run_id for run in runs}
        borrowed = _borrowed(client, ids, name) if client else {}
        registered = _registered(client, ids) if client and ids else ()
        studies = studies_of(name, found)
        if not (experiments or studies or found):
            near = did_you_mean(name, _known(client), "")
            raise SpecError(
                f"{name}: there is no such sweep: spikesweep list{near and f'; {near}'}"
            )
    running = [run for run in runs if not run.is_trial and run.state == State.RUNNING]
    counts = in_words(runs), len(running)
    return Holdings(name, tuple(experiments), *counts, borrowed, registered, studies, found)


def in_words(runs: Iterable[RunRecord]) -> str:
    """How many runs of trials there are, and how many launches: `8 runs and 1 launch`."""
    kinds = Counter(run.is_trial for run in runs)
    return f"{counted(kinds[True], 'run')} and {counted(kinds[False], 'launch')}"


def delete(held: Holdings) -> None:
    """Delete what there is of a sweep: its studies, its experiment, and last its folder.

    MLflow keeps deleted experiments until `mlflow gc`. They are renamed, so that the name is free.

    Raises:
        RunningError: A driver runs it on this machine.
        SweepError: A store or a folder cannot be written; what is left can be deleted again.
    """
    import optuna

    with launch.alone(held.name, repr(held.name)), world(f"delete all of {held.name}"):
        for study in held.studies:
            with contextlib.suppress(KeyError):  # gone in the meantime
                optuna.delete_study(study_name=study, storage=study_storage())
        for experiment in held.experiments:
            client = open_store()
            client.rename_experiment(experiment, f"{held.name} (deleted {experiment})")
            client.delete_experiment(experiment)
        for paths in held.launches:
            remove(paths.folder)
            remove(paths.own)
    with contextlib.suppress(OSError):
        own_folder(storage_root(), held.name).rmdir()


def confirmation_left(name: str) -> str:
    """The name of the confirmation of a sweep, if there is one; else empty."""
    other = f"{name}{CONFIRMED}"
    with contextlib.suppress(SpecError):
        return holdings(other).name
    return ""


@contextlib.contextmanager
def world(deed: str) -> Iterator[None]:
    """Say in one line that a store or a disk failed.

    Raises:
        SweepError: It did.
    """
    try:
        yield
    except (SpecError, SweepError):
        raise
    except Exception as error:  # MLflow, databases, networks and disks raise errors of many kinds
        raise SweepError(
            f"cannot {deed}: {first_line(error)}; the same command again goes on"
        ) from None


def bytes_of(folder: Any) -> int:
    """The size of a folder on this disk; 0 if it is in an object store."""
    if not isinstance(folder, Path):
        return 0
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def remove(folder: Any) -> None:
    """Remove a folder with all that is in it, on this disk or in an object store."""
    if isinstance(folder, Path):
        shutil.rmtree(folder, ignore_errors=not folder.exists())
    elif folder.exists():
        folder.rmdir(recursive=True)


def size(number: int) -> str:
    """Bytes in words; empty if there are none."""
    for unit, of in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= of:
            return f"{number / of:.1f} {unit}"
    return f"{number} B" if number else ""


def studies_of(name: str, found: Iterable[LaunchPaths]) -> tuple[str, ...]:
    """The studies of these launches; all of the name if the database belongs to this folder."""
    keys = {paths.key for paths in found}
    here = not os.environ.get(STUDY_ENV)
    return tuple(n for n in study_names() if n in keys or (here and n.startswith(f"{name}/")))


def _known(client: MlflowClient | None) -> set[str]:
    """The names of sweeps in MLflow and in a storage folder on this disk."""
    root = storage_root()
    folders = root.iterdir() if isinstance(root, Path) and root.is_dir() else ()
    logged = sweep_experiments(client).values() if client else ()
    return {*logged, *(folder.name for folder in folders if launches(root, folder.name))}


def study_names() -> list[str]:
    """The names of all studies in the database."""
    import optuna

    url = study_storage()
    if sqlite_path(url) is not None and not look(url, OPTUNA).holds_something:
        return []
    return list(optuna.get_all_study_names(url))


def _registered(client: MlflowClient, run_ids: set[str]) -> tuple[str, ...]:
    """The versions of models whose files are among the artifacts of these runs."""
    found: list[str] = []
    token: str | None = None
    while token is None or token:
        page = client.search_model_versions(page_token=token)
        found += [f"{one.name}/{one.version}" for one in page if one.run_id in run_ids]
        token = page.token or ""
    return tuple(found)


def _borrowed(client: MlflowClient, run_ids: set[str], name: str) -> dict[str, int]:
    """How many runs of other sweeps say that they were reused from these."""
    counts = Counter[str]()
    others = {key: of for key, of in sweep_experiments(client).items() if of != name}
    for run in sweep_runs(client, others):
        counts[run.sweep] += run.tags.get(Tag.REUSED_FROM) in run_ids
    return dict(+counts)
