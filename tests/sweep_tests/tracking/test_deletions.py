"""What someone deletes or renames in MLflow while a sweep logs to it: nothing is lost."""

from __future__ import annotations

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from mlflow.entities import Run, ViewType
from mlflow.tracking import MlflowClient
from rich.console import Console

from analysis.data.runs import list_sweeps, load_runs
from analysis.records import State, Tag
from snn.config import TrialConfig
from sweep.host.paths import LaunchPaths
from sweep.run.confirmation import asked_for
from sweep.run.sync import sync_all
from sweep.tracking.tracker import SWEEP_RUN, MlflowTracker, sweep_tags, trial_tags
from sweep.trial.outcome import Outcome
from tests.sweep_tests.workplace import wait_until

CONFIGS = [TrialConfig(dataset="digits", seed=seed) for seed in range(3)]


@pytest.fixture
def paths(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> LaunchPaths:
    monkeypatch.setattr("sweep.tracking.tracker._PATIENCE_S", 0.2)
    return LaunchPaths(in_folder / "ray_results", "small", 1)


def begin(paths: LaunchPaths) -> str:
    """The experiment of a sweep whose trials have done an epoch."""
    tracker = MlflowTracker(paths)
    tracker.begin(SWEEP_RUN, "small 1", {}, sweep_tags(paths))
    for config in CONFIGS:
        tracker.begin(config.config_id, "trial", config.params(), trial_tags(paths, config))
        tracker.epoch(config.config_id, 1, {"train_loss": 1.0})
    assert tracker.close() == ""
    (run, *_) = runs()
    return str(run.info.experiment_id)


def go_on(tracker: MlflowTracker) -> None:
    for epoch in (2, 3):
        for config in CONFIGS:
            tracker.epoch(config.config_id, epoch, {"train_loss": 1 / epoch})
    for config in CONFIGS:
        tracker.end(config.config_id, Outcome(State.DONE, {"test_accuracy": 0.5}), {})
    tracker.end(SWEEP_RUN, Outcome(State.DONE), {})


def runs(view: int = ViewType.ACTIVE_ONLY) -> list[Run]:
    client = MlflowClient()
    ids = [found.experiment_id for found in client.search_experiments(view_type=view)]
    return list(client.search_runs(ids, f"tags.`{Tag.SWEEP}` = 'small'", view))


def sync() -> tuple[bool, str]:
    said = StringIO()
    complete = sync_all(Console(file=said))
    return complete, said.getvalue()


def assert_all_is_there() -> None:
    found = runs()
    assert [run.info.status for run in found] == ["FINISHED"] * 4
    for run in found:
        if run.data.tags[Tag.KIND] == "trial":
            history = MlflowClient().get_metric_history(run.info.run_id, "train_loss")
            assert [(m.step, m.value) for m in history] == [(1, 1.0), (2, 0.5), (3, 1 / 3)]
            assert run.data.metrics["test_accuracy"] == 0.5


def test_a_deleted_experiment_is_waited_for(paths: LaunchPaths) -> None:
    experiment = begin(paths)
    tracker = MlflowTracker(paths)
    for config in CONFIGS:  # so that it has found its experiment
        tracker.epoch(config.config_id, 2, {"train_loss": 0.5})
    wait_until(lambda: not tracker._outbox.waiting)
    MlflowClient().delete_experiment(experiment)
    go_on(tracker)
    assert f"restore --experiment-id {experiment}" in tracker.close()
    assert not paths.refused.exists()
    complete, said = sync()
    assert not complete and f"restore --experiment-id {experiment}" in said
    MlflowClient().restore_experiment(experiment)
    assert sync() == (True, "small/1: complete\n")
    assert_all_is_there()


def test_what_a_deleted_run_did_not_take_arrives_when_it_is_restored(paths: LaunchPaths) -> None:
    begin(paths)
    deleted = next(r for r in runs() if r.data.tags.get(Tag.CONFIG_ID) == CONFIGS[1].config_id)
    MlflowClient().delete_run(deleted.info.run_id)
    tracker = MlflowTracker(paths)
    go_on(tracker)
    assert f"refused 3 notes; they are in {paths.refused}" in tracker.close()
    for _ in range(2):
        complete, said = sync()
        assert not complete and "refused 3 notes" in said
    MlflowClient().restore_run(deleted.info.run_id)
    assert sync() == (True, "small/1: complete\n")
    assert not paths.refused.exists()
    assert_all_is_there()


def test_what_is_refused_for_good_is_never_called_complete(paths: LaunchPaths) -> None:
    tracker = MlflowTracker(paths)
    tracker.begin(SWEEP_RUN, "small 1", {"l!r": 1}, sweep_tags(paths))
    tracker.end(SWEEP_RUN, Outcome(State.DONE), {})
    assert "refused 1 notes" in tracker.close()
    for _ in range(2):
        complete, said = sync()
        assert not complete
        assert f"refused 1 notes; they are in {paths.refused}" in said
    (run,) = runs()
    assert run.info.status == "FINISHED"


def test_a_renamed_experiment_is_gone_on_with_and_found_by_both_names(paths: LaunchPaths) -> None:
    experiment = begin(paths)
    MlflowClient().rename_experiment(experiment, "renamed")
    tracker = MlflowTracker(paths)
    go_on(tracker)
    assert tracker.close() == ""
    assert_all_is_there()
    assert {run.info.experiment_id for run in runs()} == {experiment}
    assert list(list_sweeps()["sweep"]) == ["renamed"]
    for name in ("renamed", "small"):
        table = load_runs([name])
        assert list(table["sweep"]) == [name] * 3
        assert list(table["state"]) == [State.DONE] * 3
    assert asked_for("small")


def test_a_new_experiment_of_the_name_takes_it_from_one_that_was_renamed(
    paths: LaunchPaths,
) -> None:
    client = MlflowClient()
    client.rename_experiment(begin(paths), "archived")
    second = LaunchPaths(paths.root, "small", 2)
    tracker = MlflowTracker(second)
    tracker.begin(SWEEP_RUN, "small 2", {}, sweep_tags(second))
    tracker.begin("x", "trial", {}, trial_tags(second, CONFIGS[0]))
    assert tracker.close() == ""
    assert (len(load_runs(["small"])), len(load_runs(["archived"]))) == (1, 3)


def test_an_experiment_that_is_deleted_for_good_can_be_logged_anew(
    paths: LaunchPaths, in_folder: Path
) -> None:
    experiment = begin(paths)
    MlflowClient().delete_experiment(experiment)
    store = f"sqlite:///{in_folder}/mlflow.db"
    command = [sys.executable, "-m", "mlflow", "gc", "--backend-store-uri", store]
    subprocess.run([*command, "--tracking-uri", store], check=True, timeout=200)
    assert not runs(ViewType.ALL)
    tracker = MlflowTracker(paths)
    go_on(tracker)
    said = tracker.close()
    assert f"gone from {store} for good; remove {paths.delivered}" in said
    paths.delivered.unlink()
    assert sync() == (True, "small/1: complete\n")
    assert_all_is_there()
