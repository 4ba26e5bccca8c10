"""A result belongs to the configuration that produced it, however folders and stores are mixed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from analysis.records import Tag
from analysis.run_files.exporting import export_runs
from analysis.run_files.format import RunFile
from analysis.run_files.writer import RunFileWriter
from snn import Trainer
from snn.config import TrialConfig
from snn.data import load
from snn.training.checkpoints import checkpoint
from sweep.host.paths import LaunchPaths
from sweep.spec.parsing import parse_sweep
from sweep.trial.epochs import epochs_of
from tests.sweep_tests.search.small import BASE, LONGER, PLAN
from tests.sweep_tests.workplace import Workplace


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
    wanted = f"tags.`{Tag.KIND}` = 'trial' AND tags.`{Tag.STATE}` = 'done'"
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
    done = place.run("run", place.spec(**LONGER), "--join", **environment)
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


def test_a_sweep_goes_on_under_its_new_name_and_finds_everything_done(
    first: Workplace, place: Workplace
) -> None:
    shutil.copytree(first.folder, place.folder, dirs_exist_ok=True)
    done = place.run("rename", "small", "renamed", "--yes")
    assert done.returncode == 0, done.stderr
    done = place.run("run", "small.yaml", "--new-name", "renamed", "--resume")
    assert done.returncode == 0, done.stderr
    assert "1 done, 0 running, 0 pruned, 0 failed of 1" in done.stderr
    assert "nothing to do" in done.stderr
    (trial,), _ = check_every_result_is_its_own(place, "renamed"), place.runs("renamed", "sweep")
    assert Path(trial.data.tags[Tag.CHECKPOINT]).is_relative_to(place.folder)
    assert "network" in place.run("best", "renamed").stdout


def test_a_launch_does_not_go_on_with_a_specification_that_was_edited_in_all_places(
    first: Workplace, place: Workplace
) -> None:
    shutil.copytree(first.folder, place.folder, dirs_exist_ok=True)
    spec = place.spec(**PLAN | {"base": BASE | {"epochs": 2}})
    shutil.copy(place.folder / spec, place.folder / "ray_results" / "small" / "1" / "spec.yaml")
    done = place.run("run", spec, "--resume")
    assert done.returncode == 2
    assert "trial 0: epochs is 1, not 2; run it without --resume" in done.stderr
    assert len(done.mistakes) == 1
    assert len(check_every_result_is_its_own(place, "small")) == 1


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
