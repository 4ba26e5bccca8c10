"""The steps of a renaming, each of which can be repeated.

A journal (`half_renamed.py`) is written before the first change. The folders of the launches move
first and their notes are written anew last, so that a sweep that is half renamed is resumed under
neither name.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.records import Tag
from analysis.store.optuna_internals import rename_study
from analysis.store.tracking_store import sweep_experiments, sweep_runs
from snn.training.checkpoints.place import Place
from sweep.host.paths import LaunchPaths, launches, storage_root, study_storage
from sweep.results.half_renamed import Journal
from sweep.results.holdings import remove, study_names, world
from sweep.results.renaming.texts import NewName
from sweep.run import launch
from sweep.search.identity import renamed
from sweep.tracking.outbox import Outbox
from sweep.tracking.store import open_store

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient


def rename(plan: Journal) -> None:
    """Rename a sweep, or what is left of it.

    Raises:
        RunningError: A driver runs it on this machine.
        SweepError: A store or a folder cannot be written; the same command again goes on.
    """
    root = storage_root()
    names = NewName(plan.before, plan.now, (str(root / plan.before), str(root / plan.now)))
    with (
        launch.alone(plan.before, repr(plan.before)),
        launch.alone(plan.now, repr(plan.now)),
        world(f"rename {plan.before}"),
    ):
        plan.write()
        for number in plan.launches:
            _move_launch(LaunchPaths(root, plan.before, number), plan.now)
        kept = [paths for paths in launches(root, plan.now) if paths.launch in plan.launches]
        for study in plan.studies:
            _rename_study(study, names, kept)
        if plan.experiments:
            _rename_runs(open_store(), plan, names)
        for paths in kept:
            _rewrite(paths, names)
        plan.remove()


def _move_launch(old: LaunchPaths, name: str) -> None:
    new = LaunchPaths(old.root, name, old.launch)
    for source, target in {old.folder: new.folder, old.own: new.own}.items():
        if not source.exists():  # an earlier command has moved it
            continue
        if isinstance(source, Path) and isinstance(target, Path):
            target.parent.mkdir(parents=True, exist_ok=True)
            os.rename(source, target)
        else:
            _copy(source, target)
            remove(source)


def _copy(source: Place, target: Place) -> None:
    """Copy a folder of an object store, which knows no other way to move one."""
    for file in source.rglob("*"):
        if file.is_file():
            inside = str(file).removeprefix(str(source)).lstrip("/")
            (target / inside).write_bytes(file.read_bytes())


def _rename_study(before: str, names: NewName, kept: list[LaunchPaths]) -> None:
    import optuna

    url, now = study_storage(), names.study(before)
    rename_study(url, before, now)
    if now not in study_names():  # somebody has deleted it
        return
    study = optuna.load_study(study_name=now, storage=url)
    for paths in kept:
        if paths.key == now and paths.spec.exists():
            old = names.old(paths.spec.read_text(encoding="utf-8"))
            for key, value in renamed(study.user_attrs, old).items():
                study.set_user_attr(key, value)


def _rename_runs(client: MlflowClient, plan: Journal, names: NewName) -> None:
    """The runs, those that others were reused from, and last the experiment."""
    for run in sweep_runs(client, dict.fromkeys(plan.experiments, plan.before)):
        _tag(client, run.run_id, names.tags(run.tags))
        if not run.is_trial and names.title(run.name) != run.name:
            client.update_run(run.run_id, name=names.title(run.name))
    others = {k: name for k, name in sweep_experiments(client).items() if k not in plan.experiments}
    for run in sweep_runs(client, others):
        path = run.tags.get(Tag.CHECKPOINT, "")
        if names.path(path) != path:
            _tag(client, run.run_id, {Tag.CHECKPOINT: names.path(path)})
    for key in plan.experiments:
        experiment = client.get_experiment(key)
        for tag, value in names.tags(experiment.tags).items():
            client.set_experiment_tag(key, tag, value)
        if experiment.name != plan.now:
            client.rename_experiment(key, plan.now)


def _tag(client: MlflowClient, run_id: str, tags: Mapping[str, str]) -> None:
    from mlflow.entities import RunTag

    if tags:
        client.log_batch(run_id, tags=[RunTag(name, value) for name, value in tags.items()])


def _rewrite(paths: LaunchPaths, names: NewName) -> None:
    """The specification of a launch, and last its notes."""
    if paths.spec.exists():
        place, text = paths.spec, names.spec(paths.spec.read_text(encoding="utf-8"))
        draft = place.with_name("spec.draft") if isinstance(place, Path) else place
        draft.write_text(text, encoding="utf-8")
        if isinstance(place, Path):
            draft.replace(place)
    if paths.outbox.exists():
        outbox = Outbox(paths.outbox, paths.delivered, paths.refused)
        try:
            outbox.rewrite(names.event)
        finally:
            outbox.close()
