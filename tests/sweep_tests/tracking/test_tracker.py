"""What a tracker notes arrives in a real MLflow store: in order, once, whatever breaks between."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from analysis.records import State, Tag
from snn.config import TrialConfig
from sweep.errors import SpecError
from sweep.host.paths import LaunchPaths
from sweep.run import launch
from sweep.spec.parsing import parse_sweep
from sweep.tracking.delivery import Delivery
from sweep.tracking.outbox import Outbox
from sweep.tracking.same_store import refuse_another_store
from sweep.tracking.store import address
from sweep.tracking.tracker import SWEEP_RUN, MlflowTracker, sweep_tags, trial_tags
from sweep.trial.outcome import Outcome

CONFIG = TrialConfig(dataset="digits")
KEY = CONFIG.config_id


@pytest.fixture
def paths(in_folder: Path) -> LaunchPaths:
    return LaunchPaths(in_folder / "ray_results", "sweep", 1)


def begin(tracker: MlflowTracker, paths: LaunchPaths) -> None:
    tracker.begin(SWEEP_RUN, "sweep 1", {"trials": 1}, sweep_tags(paths))
    tracker.begin(KEY, "a trial", CONFIG.params(), trial_tags(paths, CONFIG))


def trials() -> list[Run]:
    client = MlflowClient()
    experiment = client.get_experiment_by_name("sweep")
    assert experiment is not None
    found = client.search_runs([experiment.experiment_id], f"tags.`{Tag.KIND}` = 'trial'")
    return list(found)


def losses(run: Run) -> list[tuple[int, float]]:
    history = MlflowClient().get_metric_history(run.info.run_id, "train_loss")
    return [(metric.step, metric.value) for metric in history]


def test_a_run_arrives_with_params_tags_epochs_and_status(paths: LaunchPaths) -> None:
    tracker = MlflowTracker(paths)
    begin(tracker, paths)
    for epoch in (1, 2, 3):
        tracker.epoch(KEY, epoch, {"train_loss": 1 / epoch})
    tracker.end(KEY, Outcome(State.FAILED, reason="the loss is nan"), {Tag.NODE: "here"})
    tracker.end(SWEEP_RUN, Outcome(State.DONE), {})
    assert tracker.close() == ""
    (run,) = trials()
    assert run.info.status == "FAILED"
    assert run.data.params == {key: str(value) for key, value in CONFIG.params().items()}
    assert run.data.tags[Tag.ERROR] == "the loss is nan"
    assert run.data.tags[Tag.NODE] == "here"
    assert losses(run) == [(1, 1.0), (2, 0.5), (3, pytest.approx(1 / 3))]


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (State.DONE, "FINISHED"),
        (State.PRUNED, "FINISHED"),
        (State.FAILED, "FAILED"),
        (State.INTERRUPTED, "KILLED"),
    ],
)
def test_every_state_has_its_status(paths: LaunchPaths, state: str, status: str) -> None:
    tracker = MlflowTracker(paths)
    begin(tracker, paths)
    tracker.end(KEY, Outcome(state), {})
    tracker.close()
    (run,) = trials()
    assert (run.info.status, run.data.tags[Tag.STATE]) == (status, state)


def test_a_run_that_goes_on_is_the_same_run_and_no_epoch_is_doubled(paths: LaunchPaths) -> None:
    first = MlflowTracker(paths)
    begin(first, paths)
    first.epoch(KEY, 1, {"train_loss": 1.0})
    first.end(KEY, Outcome(State.INTERRUPTED), {})
    first.close()
    second = MlflowTracker(paths)
    begin(second, paths)
    second.epoch(KEY, 1, {"train_loss": 1.0})
    second.epoch(KEY, 2, {"train_loss": 0.5})
    second.end(KEY, Outcome(State.DONE), {})
    second.close()
    (run,) = trials()
    assert run.info.status == "FINISHED"
    assert losses(run) == [(1, 1.0), (2, 0.5)]


def test_the_experiment_gets_its_view_and_keeps_a_description_that_a_user_wrote(
    paths: LaunchPaths,
) -> None:
    def begun(view: str) -> dict[str, str]:
        tracker = MlflowTracker(paths)
        tags = {Tag.NOTE: "ours", "mlflow.sharedViewState.x": view}
        tracker.begin(SWEEP_RUN, "sweep 1", {}, sweep_tags(paths), experiment=tags)
        assert tracker.close() == ""
        return dict(MlflowClient().get_experiment_by_name("sweep").tags)

    first = begun("{}")
    assert (first[Tag.NOTE], first["mlflow.sharedViewState.x"]) == ("ours", "{}")
    experiment = MlflowClient().get_experiment_by_name("sweep").experiment_id
    MlflowClient().set_experiment_tag(experiment, Tag.NOTE, "theirs")
    then = begun("[]")
    assert (then[Tag.NOTE], then["mlflow.sharedViewState.x"]) == ("theirs", "[]")


def test_files_of_a_launch_are_artifacts_of_its_run_in_their_folders(paths: LaunchPaths) -> None:
    tracker = MlflowTracker(paths)
    begin(tracker, paths)
    (paths.folder / "figures").mkdir(parents=True)
    for file in ("leaders.csv", "figures/history.png"):
        (paths.folder / file).write_text("x")
    tracker.end(SWEEP_RUN, Outcome(State.DONE), {}, ["leaders.csv", "figures/history.png", "gone"])
    assert tracker.close() == ""
    (run,) = trials()
    parent, client = run.data.tags[Tag.PARENT], MlflowClient()
    assert [file.path for file in client.list_artifacts(parent)] == ["figures", "leaders.csv"]
    assert [file.path for file in client.list_artifacts(parent, "figures")] == [
        "figures/history.png"
    ]


@pytest.mark.parametrize("lost_marks", [1, 2, 3])
def test_what_was_delivered_but_not_marked_is_not_delivered_twice(
    paths: LaunchPaths, lost_marks: int
) -> None:
    """The driver is killed between MLflow's answer and the mark."""
    outbox = Outbox(paths.outbox, paths.delivered, paths.refused)
    delivery = Delivery(paths, outbox)
    start = {"do": "begin", "time": 1, "params": {"lr": 1}}
    parent = start | {"run": SWEEP_RUN, "name": "sweep 1", "tags": sweep_tags(paths)}
    child = start | {"run": KEY, "name": "trial", "tags": trial_tags(paths, CONFIG)}
    epoch = {"do": "epoch", "run": KEY, "epoch": 1, "metrics": {"train_loss": 1.0}, "time": 2}
    for event in (parent, child, epoch):
        outbox.append(event)
        assert delivery.deliver_some(), delivery.trouble
    outbox.close()
    marks = paths.delivered.read_bytes().splitlines(keepends=True)
    paths.delivered.write_bytes(b"".join(marks[:-lost_marks]))
    tracker = MlflowTracker(paths)
    tracker.epoch(KEY, 2, {"train_loss": 0.5})
    assert tracker.close() == ""
    (run,) = trials()
    assert losses(run) == [(1, 1.0), (2, 0.5)]
    assert run.data.params == {"lr": "1"}


@pytest.mark.parametrize("lost_marks", [False, True])
def test_folders_that_share_a_store_log_the_same_launch_to_runs_of_their_own(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch, lost_marks: bool
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{in_folder / 'mlflow.db'}")
    sweep = parse_sweep({"name": "sweep", "search": {"lr": {"loguniform": [1e-4, 1e-2]}}})
    for folder, loss in (("one", 1.0), ("other", 2.0)):
        (in_folder / folder).mkdir()
        monkeypatch.chdir(in_folder / folder)
        paths = launch.begin(sweep)
        for epoch in (1, 2):
            tracker = MlflowTracker(paths)
            begin(tracker, paths)
            tracker.epoch(KEY, epoch, {"train_loss": loss})
            assert tracker.close() == ""
            if lost_marks:
                paths.delivered.unlink()
    logged = sorted(losses(run) for run in trials())
    assert logged == [[(1, 1.0), (2, 1.0)], [(1, 2.0), (2, 2.0)]]
    assert len({run.data.tags[Tag.PARENT] for run in trials()}) == 2


def test_launches_without_an_id_do_not_share_the_run_of_another_specification(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{in_folder / 'mlflow.db'}")
    for folder in ("one", "other", "one"):
        paths = LaunchPaths(in_folder / folder / "ray_results", "sweep", 1)
        paths.delivered.unlink(missing_ok=True)
        tracker = MlflowTracker(paths)
        tracker.begin(SWEEP_RUN, "sweep 1", {}, sweep_tags(paths) | {Tag.SPEC: folder})
        assert tracker.close() == ""
    client = MlflowClient()
    experiment = client.get_experiment_by_name("sweep")
    assert experiment is not None
    parents = client.search_runs([experiment.experiment_id])
    assert sorted(run.data.tags[Tag.SPEC] for run in parents) == ["one", "other"]


def test_a_store_that_is_away_delays_delivery_only(
    paths: LaunchPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setattr("sweep.tracking.tracker._PATIENCE_S", 1.0)
    tracker = MlflowTracker(paths)
    begin(tracker, paths)
    tracker.epoch(KEY, 1, {"train_loss": 1.0})
    tracker.end(KEY, Outcome(State.DONE), {})
    assert "spikesweep sync" in tracker.close()
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert MlflowTracker(paths).close() == ""
    (run,) = trials()
    assert run.info.status == "FINISHED"
    assert losses(run) == [(1, 1.0)]


def begun_in_one_store(paths: LaunchPaths) -> None:
    first = MlflowTracker(paths)
    begin(first, paths)
    first.epoch(KEY, 1, {"train_loss": 1.0})
    assert first.close() == ""


def test_what_is_begun_in_one_store_goes_on_in_another_whole_or_not_at_all(
    paths: LaunchPaths, in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun_in_one_store(paths)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///other.db")
    told = f"are in sqlite:///{in_folder}/mlflow.db, and sqlite:///{in_folder}/other.db does not"
    with pytest.raises(SpecError, match=told):
        refuse_another_store(paths)
    second = MlflowTracker(paths)
    second.epoch(KEY, 2, {"train_loss": 0.5})
    assert told in second.close(patience_s=0)
    assert MlflowClient().get_experiment_by_name("sweep") is None
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    refuse_another_store(paths)
    assert MlflowTracker(paths).close() == ""
    (run,) = trials()
    assert losses(run) == [(1, 1.0), (2, 0.5)]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///other.db")
    paths.delivered.unlink()
    assert MlflowTracker(paths).close() == ""
    (run,) = trials()
    assert losses(run) == [(1, 1.0), (2, 0.5)]
    assert run.data.params["dataset"] == "digits"


def test_a_store_may_have_a_new_address(
    paths: LaunchPaths, in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun_in_one_store(paths)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///moved.db")
    (in_folder / "mlflow.db").rename("moved.db")
    refuse_another_store(paths)
    second = MlflowTracker(paths)
    second.epoch(KEY, 2, {"train_loss": 0.5})
    assert second.close() == ""
    (run,) = trials()
    assert losses(run) == [(1, 1.0), (2, 0.5)]
    assert "moved.db" in paths.delivered.read_text()


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("http://me:secret@host:5000/", "http://host:5000"),
        ("postgresql://me:secret@host/mlflow?password=secret", "postgresql://host/mlflow"),
    ],
)
def test_the_address_of_a_store_is_noted_without_its_password(
    monkeypatch: pytest.MonkeyPatch, uri: str, shown: str
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    assert address() == shown
