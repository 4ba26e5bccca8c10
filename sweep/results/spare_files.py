"""The files of a sweep that nobody needs any more: the networks of all but its leaders.

What is kept: all that MLflow has of the runs but those networks, the networks of the leaders with
all their seeds, and those of runs that other sweeps were reused from. The states to continue from
are kept as long as a launch can be resumed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.data.runs import read_records, tidy
from analysis.records import State, Tag
from analysis.stats.confirmation import leading_runs
from analysis.store.mlflow_internals import delete_artifact
from analysis.store.record import RunRecord
from analysis.store.relocation import move_of
from analysis.store.tracking_store import sweep_experiments, sweep_runs
from analysis.text.plain import counted
from snn.training.checkpoints.place import Place
from sweep.host.paths import LaunchPaths, launches, storage_root
from sweep.results.holdings import bytes_of, remove, size, world
from sweep.run import launch
from sweep.run.confirmation import asked_for, searched_each, searched_for
from sweep.tracking.store import open_store

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

_NETWORK = "best.pt"


@dataclass(frozen=True)
class Spare:
    """What can be removed of a sweep.

    Attributes:
        name: Of the sweep.
        leading: How many of its trials keep their networks as leaders, with all their seeds.
        used: How many others keep theirs as other sweeps use them.
        files: On disk, or in an object store.
        folders: Ray's own, of launches that have ended.
        artifacts: Ids of runs whose networks stand in MLflow, too.
    """

    name: str
    leading: int
    used: int
    files: tuple[Place, ...]
    folders: tuple[Place, ...]
    artifacts: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """What will be removed, for people."""
        used = f", and of {self.used} that other sweeps use" if self.used else ""
        yield f"keeps the networks of {counted(self.leading, 'trial')} of leaders{used}"
        networks = sum(file.name == _NETWORK for file in self.files)
        states = len({file.parent for file in self.files if file.name != _NETWORK})
        on_disk = sum(_bytes(file) for file in self.files) + sum(map(bytes_of, self.folders))
        told = f" ({size(on_disk)})" if on_disk else ""
        yield (
            f"removes the networks of {counted(networks, 'trial')} and what {states} could be "
            f"continued from{told}"
        )
        yield f"removes from MLflow the copies of {counted(len(self.artifacts), 'network')}"


def spare(name: str, top: int | None = None) -> Spare:
    """What can be removed of a sweep; nothing is changed.

    Args:
        name: Of the sweep.
        top: How many leaders, of every combination of `each`; default: as `confirm` has it, or 3.

    Raises:
        AnalysisError: There is no such sweep, or none of its runs is done.
        SweepError: A store cannot be read.
    """
    records = [record for record in read_records([name]) if record.is_trial]
    with world(f"read what there is of {name}"):
        client = open_store()
        leading = _leaders(name, records, top)
        used = _used_elsewhere(client, name) - leading
        kept = leading | used
        of_leaders, configs = _trials(records, leading), _trials(records, kept)
        ended = _ended_launches(client, name)
        files: list[Place] = []
        folders: list[Place] = []
        for paths in launches(storage_root(), name):
            over = paths.key in ended
            files += _files(paths, configs, over)
            folders += [paths.tune] if over and paths.tune.exists() else []
        logged = [r for r in records if r.tags.get(Tag.STATE) == State.DONE]
        ours = [r for r in logged if Tag.REUSED_FROM not in r.tags and r.run_id not in kept]
        artifacts = [r.run_id for r in ours if _has_network(client, r)]
    counts = len(of_leaders), len(configs - of_leaders)
    return Spare(name, *counts, tuple(files), tuple(folders), tuple(artifacts))


def clear(found: Spare) -> None:
    """Remove it. What broke off can be repeated.

    Raises:
        RunningError: A driver runs the sweep on this machine.
        SweepError: A store or a folder cannot be written.
    """
    with launch.alone(found.name, repr(found.name)), world(f"remove files of {found.name}"):
        client = open_store()
        move = move_of(client.tracking_uri)
        for run_id in found.artifacts:
            address = client.get_run(run_id).info.artifact_uri or ""
            delete_artifact(move.address(address) if move else address, _NETWORK)
        for file in found.files:
            file.unlink(missing_ok=True)
        for folder in found.folders:
            remove(folder)


def _leaders(name: str, records: Sequence[RunRecord], top: int | None) -> set[str]:
    runs = tidy(records)
    wanted = top or asked_for(name).top
    leading = leading_runs(runs, wanted, searched_each(name), searched_for(name))
    groups = set(runs.loc[runs["run_id"].isin(leading), "group_id"])
    return {run.run_id for run in records if run.tags.get(Tag.GROUP_ID) in groups}


def _trials(records: Sequence[RunRecord], run_ids: set[str]) -> set[str]:
    """The trials of these runs: one that ran in several launches is one."""
    return {r.tags.get(Tag.CONFIG_ID, r.run_id) for r in records if r.run_id in run_ids}


def _used_elsewhere(client: MlflowClient, name: str) -> set[str]:
    others = {key: of for key, of in sweep_experiments(client).items() if of != name}
    return {
        r.tags[Tag.REUSED_FROM] for r in sweep_runs(client, others) if Tag.REUSED_FROM in r.tags
    }


def _ended_launches(client: MlflowClient, name: str) -> set[str]:
    """The keys of the launches that cannot be resumed: their plan is done."""
    ours = {key: of for key, of in sweep_experiments(client).items() if of == name}
    return {
        run.tags.get(Tag.TRIAL, "")
        for run in sweep_runs(client, ours)
        if not run.is_trial and run.state == State.DONE and not run.tags.get(Tag.ENDED)
    }


def _files(paths: LaunchPaths, kept: set[str], over: bool) -> Iterator[Place]:
    trials = paths.folder / "trials"
    for name in sorted(one.name for one in trials.iterdir()) if trials.is_dir() else ():
        files = paths.trial(name)
        wanted = [] if name in kept else [files.best]
        wanted += [files.last, files.previous] if over else []
        yield from (file for file in wanted if file.exists())


def _has_network(client: MlflowClient, run: RunRecord) -> bool:
    return any(found.path == _NETWORK for found in client.list_artifacts(run.run_id))


def _bytes(file: Place) -> int:
    with contextlib.suppress(OSError):
        return int(file.stat().st_size)
    return 0
