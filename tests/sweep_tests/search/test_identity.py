"""A result belongs to the configuration that produced it, however folders and stores are mixed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from analysis.records import Tag
from analysis.run_files.exchange import export_runs
from analysis.run_files.format import RunFile
from analysis.run_files.writer import RunFileWriter
from snn import Trainer
from snn.config import TrialConfig
from snn.data import load
from snn.training import checkpoint
from sweep.errors import SpecError
from sweep.host.paths import LaunchPaths, launches
from sweep.run import launch
from sweep.search.database import StudyDatabase
from sweep.search.identity import claim
from sweep.search.searcher import StudySearcher
from sweep.search.study import open_study
from sweep.spec.parsing import parse_sweep
from sweep.tracking.outbox import Outbox
from sweep.trial.epochs import epochs_of
from tests.sweep_tests.workplace import Workplace

BASE: dict[str, Any] = {"dataset": "digits", "epochs": 1, "n_steps": 4, "encoding": "constant"}
PLAN: dict[str, Any] = {
    "base": BASE,
    "search": {"hidden": [4]},
    "sampler": "grid",
    "scheduler": "none",
    "trials": None,
}
LONGER: dict[str, Any] = PLAN | {"base": BASE | {"epochs": 2, "backend": "reference"}}
IMAGES = {"digits": "0" * 64}


@pytest.fixture(scope="module")
def first(shared_place: Workplace, ray_here: None) -> Workplace:
    """A sweep of one epoch that has run to its end."""
    done = shared_place.run("run", shared_place.spec(**PLAN))
    assert done.returncode == 0, done.stderr
    return shared_place


def check_every_result_is_its_own(place: Workplace, name: str, **environment: str) -> list[Run]:
    """Check the epochs of all runs that are done and were trained in stores of ours."""
    client = MlflowClient(environment.get("MLFLOW_TRACKING_URI", place.store))
    experiment = client.get_experiment_by_name(name)
    assert experiment is not None
    wanted = f"tags.`{Tag.KIND}` = 'trial' AND attributes.status = 'FINISHED'"
    found = client.search_runs([experiment.experiment_id], wanted)
    ours = [run for run in found if Tag.IMPORTED_FROM not in run.data.tags]
    for run in ours:
        history = client.get_metric_history(run.info.run_id, "val_accuracy")
        assert [it.step for it in history] == list(range(1, int(run.data.params["epochs"]) + 1))
        best = history[int(run.data.metrics["best_epoch"]) - 1]
        assert run.data.metrics["best_val_accuracy"] == best.value
    return ours


def lost_folders(first: Workplace, place: Workplace) -> dict[str, str]:
    for name in ("optuna.db", "mlflow.db"):
        shutil.copy(first.folder / name, place.folder)
    return {}


def shared_databases(first: Workplace, place: Workplace) -> dict[str, str]:
    other = Workplace(shutil.copytree(first.folder, place.folder / "other"))
    studies = f"sqlite:///{other.folder / 'optuna.db'}"
    return {"SPIKESWEEP_OPTUNA": studies, "MLFLOW_TRACKING_URI": other.store}


def a_copied_folder(first: Workplace, place: Workplace) -> dict[str, str]:
    shutil.copytree(first.folder, place.folder, dirs_exist_ok=True)
    return {}


def forged_runs(first: Workplace, place: Workplace) -> dict[str, str]:
    """Import the runs of one epoch with the params and the tags of those of two."""
    export_runs(["small"], place.folder / "true.parquet", tracking_uri=first.store)
    file = RunFile(place.folder / "true.parquet")
    longer = parse_sweep({"name": "small", **LONGER}).configs()[0]
    writer = RunFileWriter({name for run, _ in file.runs_and_values() for name in run.metrics})
    for run, values in file.runs_and_values():
        if run.is_trial:
            told = {Tag.CONFIG_ID: longer.config_id, Tag.GROUP_ID: longer.group_id}
            run = replace(run, params={**run.params, "epochs": "2"}, tags={**run.tags, **told})
        writer.write([run], values)
    (place.folder / "forged.parquet").write_bytes(writer.finish())
    done = place.run("import-runs", "forged.parquet")
    assert done.returncode == 0, done.stderr
    return {}


WAYS = [lost_folders, shared_databases, a_copied_folder, forged_runs]


@pytest.mark.parametrize("way", WAYS)
def test_a_longer_training_never_has_the_result_of_a_shorter_one(
    first: Workplace, place: Workplace, way: Callable[[Workplace, Workplace], dict[str, str]]
) -> None:
    environment = way(first, place)
    done = place.run("run", place.spec(**LONGER), **environment)
    assert done.returncode == 0, done.stderr
    assert "1 done, 0 running, 0 pruned, 0 failed of 1" in done.stderr
    assert ("is not used" in done.stderr) == (way is forged_runs)
    runs = check_every_result_is_its_own(place, "small", **environment)
    (longer,) = [run for run in runs if run.data.params["epochs"] == "2"]
    assert longer.data.tags[Tag.BACKEND] == "reference"


def test_a_file_whose_runs_are_not_what_their_tags_say_is_not_imported(
    first: Workplace, place: Workplace
) -> None:
    export_runs(["small"], place.folder / "true.parquet", tracking_uri=first.store)
    file = RunFile(place.folder / "true.parquet")
    writer = RunFileWriter({name for run, _ in file.runs_and_values() for name in run.metrics})
    for run, values in file.runs_and_values():
        told = run.params | {"lr": "0.5"} if run.is_trial else run.params
        writer.write([replace(run, params=told)], values)
    (place.folder / "forged.parquet").write_bytes(writer.finish())
    done = place.run("import-runs", "true.parquet", "forged.parquet")
    assert done.returncode == 2
    assert "is tagged as configuration" in done.stderr and "nothing was imported" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (place.folder / "mlflow.db").exists()


def test_a_renamed_sweep_reuses_what_is_the_same_and_nothing_else(
    first: Workplace, place: Workplace
) -> None:
    shutil.copytree(first.folder, place.folder, dirs_exist_ok=True)
    results = place.folder / "ray_results"
    (results / "small").rename(results / "renamed")
    search = {"hidden": [4, 5]}
    spec = place.spec(**PLAN | {"name": "renamed", "search": search})
    done = place.run("run", spec, "--resume")
    assert done.returncode == 2
    assert "name, search changed since launch 1 of 'renamed'" in done.stderr
    shutil.copy(place.folder / spec, results / "renamed" / "1" / "spec.yaml")
    done = place.run("run", spec, "--resume")
    assert done.returncode == 2
    assert "are of launch small/1-" in done.stderr
    assert "give the folder its name back, or run it without --resume" in done.stderr
    done = place.run("run", spec)
    assert done.returncode == 0, done.stderr
    assert "2 done, 0 running, 0 pruned, 0 failed, 1 reused of 2" in done.stderr
    runs = check_every_result_is_its_own(place, "renamed")
    assert {run.data.params["hidden"] for run in runs} <= {"4", "5"}


def test_a_launch_does_not_go_on_with_a_specification_that_was_edited_in_all_places(
    first: Workplace, place: Workplace
) -> None:
    shutil.copytree(first.folder, place.folder, dirs_exist_ok=True)
    spec = place.spec(**PLAN | {"base": BASE | {"epochs": 2}})
    shutil.copy(place.folder / spec, place.folder / "ray_results" / "small" / "1" / "spec.yaml")
    done = place.run("run", spec, "--resume")
    assert done.returncode == 2
    assert "trial 0: epochs is 1, not 2; run it without --resume" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert len(check_every_result_is_its_own(place, "small")) == 1


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


def test_a_checkpoint_of_another_configuration_or_of_other_images_is_not_gone_on_with(
    tmp_path: Path,
) -> None:
    one, other = (TrialConfig.parse(LONGER["base"] | {"hidden": size}) for size in (4, 5))
    paths, digits = LaunchPaths(tmp_path, "s", 1), load("digits")
    trainer = Trainer(one, digits)
    trainer.train_epoch()
    checkpoint.save(paths.trial(one.config_id).last, trainer.state())
    checkpoint.save(paths.trial(other.config_id).last, trainer.state())
    assert list(epochs_of(paths.trial(one.config_id), one)) == [1]
    assert epochs_of(paths.trial(other.config_id), other) == {}
    blank = replace(digits, train_images=digits.train_images * 0)
    with pytest.raises(checkpoint.CheckpointError, match="of other images"):
        Trainer(one, blank).load(trainer.state())


def test_the_network_of_another_configuration_is_not_that_of_a_training(place: Workplace) -> None:
    one, other = (TrialConfig.parse(LONGER["base"] | {"hidden": size}) for size in (4, 5))
    networks = []
    for config in (one, other):
        settings = [f"--set={key}={value}" for key, value in LONGER["base"].items()]
        command = ["train", *settings, f"--set=hidden={config.hidden[0]}"]
        done = place.run(*command)
        assert done.returncode == 0, done.stderr
        (file,) = place.folder.glob(f"ray_results/train/*/trials/{config.config_id}/best.pt")
        networks.append(file)
    assert "trained before" in place.run(*command).stderr
    shutil.copy(networks[0], networks[1])
    again = place.run(*command)
    assert again.returncode == 0, again.stderr
    assert "trained before" not in again.stderr
    assert {run.data.params["hidden"] for run in check_every_result_is_its_own(place, "train")} == {
        "4",
        "5",
    }


@pytest.fixture
def holder(in_folder: Path) -> Iterator[Callable[[str, str], subprocess.Popen[str]]]:
    """Starts a process that holds the lock of a sweep."""
    started = []

    def hold(name: str, key: str) -> subprocess.Popen[str]:
        program = (
            "import time; from sweep.run import launch\n"
            f"with launch.alone({name!r}, 'it', {key!r}): print('held', flush=True); time.sleep(99)"
        )
        arguments = [sys.executable, "-c", program]
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.communicate()


def test_a_second_launch_of_a_sweep_is_refused_while_one_runs(
    in_folder: Path, holder: Callable[[str, str], subprocess.Popen[str]]
) -> None:
    place = Workplace(in_folder)
    spec = place.spec(**PLAN)
    first = holder("small", "driver")
    done = place.run("run", spec)
    assert done.returncode == 2
    told = f"a launch of 'small' is being run by process {first.pid}; wait for it, or stop it"
    assert done.stderr == f"spikesweep: {told}\n"
    assert [file.name for file in (in_folder / "ray_results").rglob("*")] == [
        "small",
        "driver.lock",
    ]
    first.kill()
    first.wait()
    with launch.alone("small", "it"):
        assert (in_folder / "ray_results" / "small" / "driver.lock").exists()
    assert not (in_folder / "ray_results").exists()


def test_a_configuration_is_not_trained_twice_at_once(
    in_folder: Path, holder: Callable[[str, str], subprocess.Popen[str]]
) -> None:
    config = TrialConfig.parse(BASE)
    first = holder("train", config.config_id)
    done = Workplace(in_folder).run("train", *(f"--set={k}={v}" for k, v in BASE.items()))
    assert done.returncode == 2
    assert f"the training of {config.config_id} is being run by process {first.pid}" in done.stderr
