"""Sweeps are deleted with all that there is of them, after it was shown."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

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


class Two(NamedTuple):
    """A folder with two sweeps of its own for each test: they share the stores."""

    place: Workplace
    small: str
    other: str

    def left(self) -> list[str]:
        """Those of the two of which there is anything in any place."""
        folder = self.place.folder
        found = {one.name for one in MlflowClient(self.place.store).search_experiments()}
        studies = optuna.get_all_study_names(f"sqlite:///{folder}/optuna.db")
        found |= {name.split("/")[0] for name in studies}
        found |= {one.name for one in (folder / "ray_results").iterdir()}
        return sorted(found.intersection((self.small, self.other)))


@pytest.fixture
def two(shared_place: Workplace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Two:
    monkeypatch.chdir(shared_place.folder)
    for name in ("MLFLOW_TRACKING_URI", "SPIKESWEEP_STORAGE", "SPIKESWEEP_OPTUNA"):
        monkeypatch.delenv(name, raising=False)
    made = Two(shared_place, f"small-{tmp_path.name[-9:]}", f"other-{tmp_path.name[-9:]}")
    for name in made[1:]:
        launched(shared_place, name)
    return made


def test_nothing_is_deleted_before_it_was_shown_and_agreed_to(two: Two) -> None:
    asked = two.place.run("delete", two.small)
    assert asked.returncode == 2
    assert "delete: nothing was done; with --yes it is done without asking" in asked.stderr
    for part in ("MLflow  0 runs and 1 launch in ", "Optuna  1 study in ", "files   "):
        assert f"{two.small}: {part}" in asked.stdout
    assert len(two.left()) == 2


def test_a_sweep_is_deleted_everywhere_and_its_name_is_free(two: Two) -> None:
    done = two.place.run("delete", two.small, "--yes")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"{two.small}: deleted")
    assert two.left() == [two.other]
    assert launched(two.place, two.small).launch == 1 and len(two.left()) == 2


def test_a_deletion_that_broke_off_is_repeated(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ConnectionError("the network is down")

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "delete_experiment", fails)
        broken = two.place.run("delete", two.small, "--yes")
    assert broken.returncode == 1 and "the same command again goes on" in broken.stderr
    assert two.place.run("delete", two.small, "--yes").returncode == 0
    assert two.left() == [two.other]


def test_a_sweep_that_runs_is_not_deleted(two: Two) -> None:
    with alone(two.small, f"a launch of {two.small}"):
        refused = two.place.run("delete", two.small, "--yes")
    assert refused.returncode == 2 and "is being run by" in refused.stderr
    assert len(two.left()) == 2


def test_there_is_nothing_of_an_unknown_sweep(two: Two) -> None:
    unknown = two.place.run("delete", "smal", "--yes")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "smal: there is no such sweep: spikesweep list" in unknown.stderr
    assert len(two.left()) == 2
