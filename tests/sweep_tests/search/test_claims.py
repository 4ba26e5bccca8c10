"""A study belongs to one launch: another plan, folder or data set is refused with what differs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import optuna
import pytest

from sweep.errors import SpecError
from sweep.host.paths import LaunchPaths, launches
from sweep.run import launch
from sweep.search.database import StudyDatabase
from sweep.search.identity import claim
from sweep.search.searcher import StudySearcher
from sweep.search.study import open_study
from sweep.spec.parsing import parse_sweep
from sweep.tracking.outbox import Outbox
from tests.sweep_tests.search.small import BASE, PLAN

IMAGES = {"digits": "0" * 64}


class Bench:
    """A launch with its study, without a driver."""

    def __init__(self, folder: Path, number: int = 1, **changes: Any) -> None:
        self.sweep = parse_sweep({"name": "s", **PLAN, "search": {"hidden": [4, 5]}, **changes})
        self.paths = LaunchPaths(folder / "ray_results", "s", number)
        self.url = f"sqlite:///{folder / 'optuna.db'}"

    def claimed(self, data: dict[str, str] | None = None) -> StudyDatabase:
        directions = self.sweep.directions
        database = StudyDatabase(self.url, self.paths.key, directions, print)
        claim(database, self.sweep, self.paths, data or IMAGES)
        return database

    def run(self) -> None:
        """Run the trials of the sweep, as far as the study sees it."""
        database = self.claimed()
        study = open_study(self.sweep, database)
        searcher = StudySearcher(
            self.sweep, study, database, lambda _: None, lambda *_: None, lambda: 9
        )
        outbox = Outbox(self.paths.outbox, self.paths.delivered, self.paths.refused)
        for name in "ab":
            suggested = None
            while not isinstance(suggested, dict):
                suggested = searcher.suggest(name)
            outbox.append({"do": "begin", "run": suggested["config_id"], "tags": {}})
            searcher.on_trial_complete(name, {"outcome": "done", "best_val_accuracy": 0.5})
        outbox.close()
        assert database.close() == ""

    def forget(self) -> None:
        """Leave in the study what the first version wrote."""
        storage = optuna.storages.RDBStorage(self.url)
        with storage.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM study_user_attributes")
            connection.exec_driver_sql("DELETE FROM trial_user_attributes WHERE key = 'config'")


def refusal(bench: Bench, data: dict[str, str] | None = None) -> str:
    with pytest.raises(SpecError) as caught:
        bench.claimed(data)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"base": BASE | {"epochs": 30, "lr": 0.1}}, "epochs is 1, not 30, lr is 0.001, not 0.1"),
        ({"seeds": [1]}, "it was made for another specification than"),
        ({"search": {"hidden": [4, 5, 6]}}, "it was made for another specification than"),
    ],
)
def test_a_study_of_another_plan_is_refused_with_what_differs(
    tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    Bench(tmp_path).run()
    assert told in refusal(Bench(tmp_path, **changes))
    Bench(tmp_path).claimed().close()


def test_a_launch_does_not_go_on_with_other_images(tmp_path: Path) -> None:
    Bench(tmp_path).run()
    told = refusal(Bench(tmp_path), {"digits": "1" * 64})
    assert "the images of digits have changed since" in told


def test_a_launch_of_the_first_version_goes_on(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run()
    bench.forget()
    database = bench.claimed()
    assert len(database.trials) == 2
    database.close()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"search": {"hidden": [64, 96]}}, "trial 0: {'hidden': 4} is not in search or points"),
        ({"base": BASE | {"epochs": 30}}, "trial 0: this launch has not run"),
    ],
)
def test_a_launch_of_the_first_version_leaves_the_study_of_another_folder_alone(
    tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    other = Bench(tmp_path)
    other.run()
    other.forget()
    other.paths.outbox.unlink()
    assert told in refusal(Bench(tmp_path, **changes))


def test_launches_of_the_same_name_and_number_have_different_keys(in_folder: Path) -> None:
    sweep = parse_sweep({"name": "s", **PLAN})
    keys = set()
    for _ in range(3):
        paths = launch.begin(sweep)
        assert launches(paths.root, "s") == [paths]
        keys.add(paths.key)
        shutil.rmtree(in_folder / "ray_results")
    assert len(keys) == 3
    assert all(key.startswith("s/1-") for key in keys)


def test_a_launch_that_was_cut_off_while_its_folder_was_made_is_none(in_folder: Path) -> None:
    sweep = parse_sweep({"name": "s", **PLAN})
    whole = launch.begin(sweep)
    LaunchPaths(whole.root, "s", 2).folder.mkdir()
    assert launch.latest(sweep) == whole
    assert launch.begin(sweep).launch == 3
