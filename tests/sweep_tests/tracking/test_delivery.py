"""From the outbox to a real MLflow server that loses answers, refuses, or has lost things."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from analysis.records import State, Tag
from snn.config import TrialConfig
from sweep.host.paths import LaunchPaths
from sweep.tracking.tracker import SWEEP_RUN, MlflowTracker, sweep_tags, trial_tags
from sweep.trial.outcome import Outcome
from tests.sweep_tests.lossy import LossyProxy
from tests.sweep_tests.servers import free_port

CONFIGS = [TrialConfig(dataset="digits", seed=seed) for seed in range(2)]
EPOCHS = range(1, 4)
DATA = {"name": "digits", "digest": "82753347", "train": 1438, "test": 359, "classes": 10}


@pytest.fixture
def paths(in_folder: Path, request: pytest.FixtureRequest) -> LaunchPaths:
    name = "".join(char if char.isalnum() else "-" for char in request.node.name)
    return LaunchPaths(in_folder / "ray_results", name, 1)


def log_two_trials(paths: LaunchPaths, artifact: Path, patience_s: float | None = None) -> str:
    """What a sweep of two trials notes; what the tracker says at the end."""
    tracker = MlflowTracker(paths)
    tracker.begin(SWEEP_RUN, "sweep 1", {"trials": 2}, sweep_tags(paths))
    for config in CONFIGS:
        tags = trial_tags(paths, config)
        tracker.begin(config.config_id, f"trial {config.seed}", config.params(), tags, data=DATA)
    for epoch in EPOCHS:
        for config in CONFIGS:
            tracker.epoch(config.config_id, epoch, {"train_loss": 1 / epoch, "val_loss": 2.0})
    for config in CONFIGS:
        outcome = Outcome(State.DONE, {"test_accuracy": 0.5})
        tracker.end(config.config_id, outcome, {}, [str(artifact)])
        tracker.epoch(SWEEP_RUN, config.seed + 1, {"trials/done": config.seed + 1})
    tracker.end(SWEEP_RUN, Outcome(State.DONE), {})
    return tracker.close(patience_s)


def runs_of(name: str, url: str, kind: str = "trial") -> list[Run]:
    client = MlflowClient(url)
    experiment = client.get_experiment_by_name(name)
    assert experiment is not None
    wanted = f"tags.`{Tag.KIND}` = '{kind}'"
    return list(client.search_runs([experiment.experiment_id], wanted))


@pytest.mark.parametrize("lost", [{n} for n in range(1, 16)] + [{2, 3, 4}, set(range(1, 40, 3))])
def test_whichever_answer_is_lost_everything_arrives_once(
    server: int, paths: LaunchPaths, lost: set[int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    artifact = tmp_path / "confusion.json"
    artifact.write_text("[]")
    proxy = LossyProxy(server, lost.__contains__)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", proxy.url)
    monkeypatch.setattr("sweep.tracking.tracker._FIRST_PAUSE_S", 0.05)
    try:
        assert log_two_trials(paths, artifact) == ""
        assert proxy.requests >= max(lost) or len(lost) > 1, "nothing was lost"
    finally:
        proxy.close()
    url = f"http://127.0.0.1:{server}"
    found = runs_of(paths.name, url)
    assert len(found) == 2
    assert [run.info.status for run in [*found, *runs_of(paths.name, url, "sweep")]] == [
        "FINISHED"
    ] * 3
    for run in found:
        assert run.data.metrics["test_accuracy"] == 0.5
        for metric in ("train_loss", "val_loss"):
            history = MlflowClient(url).get_metric_history(run.info.run_id, metric)
            assert [logged.step for logged in history] == list(EPOCHS)
        inputs = [(one.dataset.name, one.tags[0].value) for one in run.inputs.dataset_inputs]
        parts = ("test", "training", "validation")
        assert sorted(inputs) == [(f"digits {part}", part) for part in parts]
    (parent,) = runs_of(paths.name, url, "sweep")
    counted = MlflowClient(url).get_metric_history(parent.info.run_id, "trials/done")
    assert [(logged.step, logged.value) for logged in counted] == [(1, 1), (2, 2)]


def test_a_run_made_after_the_store_was_away_is_not_asked_what_it_has(
    server: int, paths: LaunchPaths, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    artifact = tmp_path / "confusion.json"
    artifact.write_text("[]")
    assert "MLflow did not take everything" in log_two_trials(paths, artifact, patience_s=0)
    proxy = LossyProxy(server, lambda _: False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", proxy.url)
    try:
        assert MlflowTracker(paths).close() == ""
    finally:
        proxy.close()
    assert [path for path in proxy.paths if "get-history" in path] == []
    url = f"http://127.0.0.1:{server}"
    for run in runs_of(paths.name, url):
        history = MlflowClient(url).get_metric_history(run.info.run_id, "train_loss")
        assert [logged.step for logged in history] == list(EPOCHS)


def test_what_mlflow_refuses_is_set_aside_and_the_rest_arrives(
    server: int, paths: LaunchPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"http://127.0.0.1:{server}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
    tracker = MlflowTracker(paths)
    tracker.begin(SWEEP_RUN, "sweep 1", {}, sweep_tags(paths))
    bad, good = CONFIGS
    no_name = {"l!r": 1}
    tracker.begin(bad.config_id, "bad", no_name, trial_tags(paths, bad))
    tracker.begin(good.config_id, "good", good.params(), trial_tags(paths, good))
    for config in (bad, good):
        tracker.epoch(config.config_id, 1, {"train_loss": 1.0})
        tracker.end(config.config_id, Outcome(State.DONE), {})
    tracker.end(SWEEP_RUN, Outcome(State.DONE), {})
    assert f"refused 1 notes; they are in {paths.refused}" in tracker.close()
    (refused,) = map(json.loads, paths.refused.read_text().splitlines())
    assert refused["run"] == bad.config_id and "l!r" in refused["reason"]
    assert {run.info.run_name: run.info.status for run in runs_of(paths.name, url)} == {
        "bad": "FINISHED",
        "good": "FINISHED",
    }
    for run in runs_of(paths.name, url):
        assert run.data.metrics["train_loss"] == 1.0


def test_a_run_that_someone_deletes_holds_up_no_other(
    server: int, paths: LaunchPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"http://127.0.0.1:{server}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
    deleted, kept = CONFIGS
    first = MlflowTracker(paths)
    first.begin(SWEEP_RUN, "sweep 1", {}, sweep_tags(paths))
    for config in (deleted, kept):
        first.begin(config.config_id, str(config.seed), {}, trial_tags(paths, config))
    assert first.close() == ""
    for run in runs_of(paths.name, url):
        if run.data.tags[Tag.CONFIG_ID] == deleted.config_id:
            MlflowClient(url).delete_run(run.info.run_id)
    second = MlflowTracker(paths)
    for config in (deleted, kept):
        second.epoch(config.config_id, 1, {"train_loss": 1.0})
        second.end(config.config_id, Outcome(State.DONE), {})
    assert "refused 2 notes" in second.close()
    (run,) = runs_of(paths.name, url)
    assert (run.info.status, run.data.metrics["train_loss"]) == ("FINISHED", 1.0)


def test_an_experiment_in_the_bin_is_waited_for_and_named(
    server: int, paths: LaunchPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"http://127.0.0.1:{server}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
    monkeypatch.setattr("sweep.tracking.tracker._PATIENCE_S", 0.5)
    client = MlflowClient(url)
    experiment = client.create_experiment(paths.name)
    client.delete_experiment(experiment)
    tracker = MlflowTracker(paths)
    tracker.begin(SWEEP_RUN, "sweep 1", {}, sweep_tags(paths))
    tracker.end(SWEEP_RUN, Outcome(State.DONE), {})
    assert f"restore --experiment-id {experiment}" in tracker.close()
    client.restore_experiment(experiment)
    assert MlflowTracker(paths).close() == ""
    assert [run.info.status for run in runs_of(paths.name, url, "sweep")] == ["FINISHED"]
