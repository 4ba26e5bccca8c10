"""A sweep gets another name everywhere, also after a renaming that was broken off anywhere."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
import pytest
import yaml
from mlflow.tracking import MlflowClient

from analysis.records import Tag
from sweep.errors import SpecError, SweepError
from sweep.host.paths import launches, storage_root
from sweep.results.half_renamed import Journal
from sweep.results.renaming import steps
from sweep.results.renaming.plan import renamings
from sweep.run.confirmation import described
from sweep.run.launch import alone, begin
from sweep.search.identity import claim
from sweep.spec.parsing import parse_sweep
from sweep.tracking.outbox import Outbox
from tests.sweep_tests.results.launched import DATA, launched, study_database
from tests.sweep_tests.workplace import SMALL, Workplace


@pytest.fixture(autouse=True)
def at_place(shared_place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shared_place.folder)
    for name in ("MLFLOW_TRACKING_URI", "SPIKESWEEP_STORAGE", "SPIKESWEEP_OPTUNA"):
        monkeypatch.delenv(name, raising=False)


def check_is(place: Workplace, name: str, was: str) -> None:
    """Everything of the only launch has this name, nothing has the old one, and it fits."""
    root = place.folder / "ray_results"
    (paths,) = launches(root, name)
    assert not (root / was).exists() and not list(root.rglob("renaming.*"))
    sweep = parse_sweep(yaml.safe_load(paths.spec.read_text()))
    assert sweep.name == name
    experiment = MlflowClient(place.store).get_experiment_by_name(name)
    assert experiment is not None and experiment.tags[Tag.SWEEP] == name
    (parent,), (trial,) = place.runs(name, "sweep"), place.runs(name)
    assert (parent.info.run_name, parent.data.tags[Tag.TRIAL]) == (f"{name} 1", paths.key)
    assert yaml.safe_load(parent.data.tags[Tag.SPEC])["name"] == name
    assert Path(trial.data.tags[Tag.CHECKPOINT]).read_bytes() == b"a network"
    told = json.dumps([parent.data.tags, trial.data.tags, experiment.tags])
    assert f"{was}/" not in told and f'"{was}' not in told
    database = study_database(paths.key, sweep.directions)
    assert database.marks
    claim(database, sweep, paths, DATA)
    assert database.close() == ""
    assert not [n for n in optuna.get_all_study_names("sqlite:///optuna.db") if was in n]
    outbox = Outbox(paths.outbox, paths.delivered, paths.refused)
    assert was not in json.dumps(list(outbox.all_events()))
    assert set(outbox.run_ids.values()) == {parent.info.run_id, trial.info.run_id}
    waiting = outbox.waiting
    outbox.close()
    if waiting:  # it was cut off between the notes and the mark of what was delivered
        assert place.run("sync").returncode == 0
        assert place.runs(name)[0].data.metrics == trial.data.metrics
        assert place.runs(name)[0].info.status == "FINISHED"


def test_it_is_shown_first_and_then_everything_has_the_new_name(shared_place: Workplace) -> None:
    launched("first")
    launched("first-confirm", description=described("first"))
    asked = shared_place.run("rename", "first", "better")
    assert asked.returncode == 2 and "rename: nothing was done" in asked.stderr
    for part in (
        "becomes better",
        "MLflow  1 run and 1 launch in ",
        "Optuna  1 study in ",
        "files   ",
    ):
        assert f"first: {part}" in asked.stdout
    mine = shared_place.folder / "mine.yaml"
    mine.write_text("name: first")
    done = shared_place.run("rename", "first", "better", "--yes")
    assert done.returncode == 0, done.stderr
    assert f"{mine.name}: the old name is in it still; change it there, or run it" in done.stderr
    mine.unlink()
    assert done.stdout.endswith("first: renamed to better\n")
    check_is(shared_place, "better", "first")
    (paths,) = launches(shared_place.folder / "ray_results", "better-confirm")
    assert described("better") in paths.spec.read_text()
    check_is(shared_place, "better-confirm", "first-confirm")


@contextmanager
def cut_off(after: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Let a change to a disk or a store fail, and all that follow; gives what was changed."""
    changed: list[str] = []

    def stops(what: str, change: Callable[..., Any]) -> Callable[..., Any]:
        def maybe(*arguments: Any, **more: Any) -> Any:
            if len(changed) >= after:
                raise ConnectionError("cut off")
            changed.append(what)
            return change(*arguments, **more)

        return maybe

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", stops("folder", os.rename))
        patch.setattr(steps, "rename_study", stops("study", steps.rename_study))
        patch.setattr(Path, "replace", stops("file", Path.replace))
        for name in ("log_batch", "update_run", "set_experiment_tag", "rename_experiment"):
            patch.setattr(MlflowClient, name, stops(name, getattr(MlflowClient, name)))
        yield changed


def go(before: str, now: str) -> bool:
    """Rename; whether it was not cut off."""
    try:
        for one in renamings(before, now):
            steps.rename(one.journal)
    except SweepError as error:
        assert str(error).endswith("cut off; the same command again goes on")
        return False
    return True


def test_what_was_cut_off_anywhere_is_finished(
    shared_place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    launched("cut-0")
    for after in range(99):
        before, now = f"cut-{after}", f"cut-{after + 1}"
        with cut_off(after, monkeypatch) as changed:
            whole = go(before, now)
        if not whole and after:  # from the journal on
            for name in (before, now):
                with pytest.raises(SpecError, match=f"`spikesweep rename {before} {now}`"):
                    renamings(name, "other")
        if not whole:
            assert go(before, now)
        check_is(shared_place, now, before)
        if whole:
            break
    assert after == len(changed) and {"folder", "study", "rename_experiment"} < set(changed)


def test_a_taken_an_unknown_and_a_wrong_name_and_a_running_sweep_are_refused(
    shared_place: Workplace,
) -> None:
    for name in ("one", "two"):
        launched(name)
    launched("open", end="")
    refused = {
        ("one", "two"): "two: there are launches in",
        ("none", "three"): "none: there is no such sweep: spikesweep list; did you mean one",
        ("opens", "three"): "opens: there is no such sweep: spikesweep list; did you mean open",
        ("one", "a/b"): "a/b: is no name of a sweep",
        ("one", "train"): "train: is the name of what",
        ("open", "three"): "open: 1 launch of it run, by MLflow",
    }
    for names, told in refused.items():
        with pytest.raises(SpecError, match=told):
            renamings(*names)
    with alone("one", "a launch of one"), pytest.raises(SpecError, match="is being run by"):
        renamings("one", "three")
    for file in (shared_place.folder / "ray_results" / "two").iterdir():
        file.rename(file.with_name("moved"))
    with pytest.raises(SpecError, match="two: there are studies in"):
        renamings("one", "two")
    check_is(shared_place, "one", "three")


def test_launches_in_an_object_store_move_with_all_their_files(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPIKESWEEP_STORAGE", "memory://lab/sweeps")
    paths = begin(parse_sweep({**SMALL, "name": "before"}))
    paths.trial("c").best.write_bytes(b"a network")
    (paths.own / "outbox.jsonl").write_text("")
    steps.rename(Journal("before", "after", (), (), (1,)))
    (moved,) = launches(storage_root(), "after")
    assert moved.id == paths.id and moved.trial("c").best.read_bytes() == b"a network"
    assert yaml.safe_load(moved.spec.read_text())["name"] == "after"
    assert (in_folder / "ray_results" / "after" / "1" / "outbox.jsonl").exists()
    assert not (in_folder / "ray_results" / "before").exists()
    assert launches(storage_root(), "before") == []
