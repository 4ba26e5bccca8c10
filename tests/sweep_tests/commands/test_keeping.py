"""Sweeps are deleted with all that there is of them, after it was shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest
from mlflow.tracking import MlflowClient

from sweep.host.paths import LaunchPaths
from sweep.run.launch import alone, begin
from sweep.search.database import StudyDatabase
from sweep.spec.parsing import parse_sweep
from sweep.tracking.launch_log import LaunchLog
from sweep.tracking.tracker import MlflowTracker
from sweep.trial.outcome import Outcome
from tests.sweep_tests.workplace import SMALL, Workplace


def launched(place: Workplace, name: str) -> LaunchPaths:
    """A launch with a run in MLflow, a study and files, as a sweep leaves them."""
    sweep = parse_sweep(SMALL | {"name": name})
    paths = begin(sweep)
    database = StudyDatabase(
        f"sqlite:///{place.folder}/optuna.db", paths.key, sweep.directions, print
    )
    assert database.close() == ""
    tracker = MlflowTracker(paths)
    log = LaunchLog(paths, tracker)
    log.begin_launch()
    log.end_launch(Outcome("done"))
    assert tracker.close() == ""
    return paths


@pytest.fixture
def two(place: Workplace, in_folder: Path) -> Iterator[Workplace]:
    """A folder with two sweeps."""
    for name in ("small", "other"):
        launched(place, name)
    yield place


def left(place: Workplace) -> list[str]:
    """The sweeps of which there is anything in any place."""
    found = {experiment.name for experiment in MlflowClient(place.store).search_experiments()}
    names = optuna.get_all_study_names(f"sqlite:///{place.folder}/optuna.db")
    found |= {name.split("/")[0] for name in names}
    found |= {folder.name for folder in (place.folder / "ray_results").iterdir()}
    return sorted(found - {"Default"})


def test_nothing_is_deleted_before_it_was_shown_and_agreed_to(two: Workplace) -> None:
    asked = two.run("delete", "small")
    assert asked.returncode == 2
    assert "delete: nothing was done; with --yes it is done without asking" in asked.stderr
    for part in ("MLflow  1 run in ", "Optuna  1 study in ", "files   "):
        assert f"small: {part}" in asked.stdout
    assert left(two) == ["other", "small"]


def test_a_sweep_is_deleted_everywhere_and_its_name_is_free(two: Workplace) -> None:
    done = two.run("delete", "small", "--yes")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "small: deleted")
    assert left(two) == ["other"]
    again = launched(two, "small")
    assert again.launch == 1 and left(two) == ["other", "small"]


def test_a_deletion_that_broke_off_is_repeated(
    two: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ConnectionError("the network is down")

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "delete_experiment", fails)
        broken = two.run("delete", "small", "--yes")
    assert broken.returncode == 1 and "the same command again goes on" in broken.stderr
    assert two.run("delete", "small", "--yes").returncode == 0
    assert left(two) == ["other"]


def test_a_sweep_that_runs_is_not_deleted(two: Workplace) -> None:
    with alone("small", "a launch of 'small'"):
        refused = two.run("delete", "small", "--yes")
    assert refused.returncode == 2 and "is being run by" in refused.stderr
    assert left(two) == ["other", "small"]


def test_there_is_nothing_of_an_unknown_sweep(two: Workplace) -> None:
    unknown = two.run("delete", "smal", "--yes")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "smal: there is no such sweep: spikesweep list" in unknown.stderr
    assert left(two) == ["other", "small"]
