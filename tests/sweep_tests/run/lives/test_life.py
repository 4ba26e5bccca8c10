"""Ray reports what happens to trials in any order; the notes and the counts are right in each."""

from __future__ import annotations

import io
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import ray
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ray.util import placement_group, remove_placement_group
from rich.console import Console

from analysis.records import State
from snn.config import TrialConfig
from snn.data import Dataset, load
from sweep.cluster import connection
from sweep.cluster.sharing.neighbours import Neighbours
from sweep.cluster.sharing.slots import Slots
from sweep.host.paths import LaunchPaths
from sweep.run.display.best import Best
from sweep.run.display.board import Board, Progress
from sweep.run.observer import Observer
from sweep.spec.sections.resources import Resources
from sweep.tracking.earlier_runs import Ledger
from sweep.tracking.tracker import MlflowTracker
from sweep.trial.outcome import EPOCH, OUTCOME

EVENTS = ("start", "result", "save", "recover", "complete", "error", "dropped")
"""`save`: it is paused. `dropped`: an error of a trial that has not failed as often as it may."""

CONFIGS = [TrialConfig(dataset="digits", epochs=9, seed=seed) for seed in (0, 1)]


@dataclass
class Reported:
    """A trial as Ray Tune reports it."""

    config: dict[str, Any]
    trial_id: str
    last_result: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    max_failures: int = 20
    num_failures: int = 0
    error_file: str = ""

    @property
    def run_metadata(self) -> Reported:
        """Where Ray counts the failures."""
        return self

    def get_error(self) -> str:
        return self.error


@pytest.fixture(scope="module")
def slots() -> Iterator[Slots]:
    with connection.connected(Resources(), address=None) as slots:
        yield slots


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits")


class Launch:
    """An observer with a real outbox, whose MLflow is away."""

    def __init__(self, folder: Path, slots: Slots, digits: Dataset) -> None:
        self.paths = LaunchPaths(folder, "s", 1)
        self.paths.folder.mkdir(parents=True)
        self.tracker = MlflowTracker(self.paths)
        progress = Progress(2, "val_accuracy", Best("val_accuracy", "max"))
        self.board = Board(progress, Console(file=io.StringIO()))
        ledger = Ledger([])
        datasets = {"digits": digits}
        self.observer = Observer(self.paths, self.tracker, self.board, ledger, datasets, slots)
        self.trials = [
            Reported({"trial": c.params(), "config_id": c.config_id}, str(n))
            for n, c in enumerate(CONFIGS)
        ]
        self.epochs = [0, 0]

    def happen(self, number: int, event: str) -> None:
        trial = self.trials[number]
        about: dict[str, Any] = {"iteration": 0, "trials": self.trials, "trial": trial}
        if event == "result":
            self.epochs[number] += 1
            trial.last_result = {EPOCH: self.epochs[number], "val_accuracy": 0.5}
            about["result"] = trial.last_result
        if event == "complete":
            end = {OUTCOME: State.DONE, "best_val_accuracy": 0.5}
            trial.last_result = trial.last_result | end
        if event in ("recover", "error", "dropped"):
            trial.error = "Failure # 1 (occurred at x)\nThe actor died unexpectedly.\n"
            trial.num_failures += 1
            trial.max_failures = 0 if event == "error" else 20
        name = "error" if event == "dropped" else event
        getattr(self.observer, f"on_trial_{name}")(**about)

    def notes(self) -> list[dict[str, Any]]:
        text = self.paths.outbox.read_text() if self.paths.outbox.exists() else ""
        return [json.loads(line) for line in text.splitlines()]


@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(EVENTS)), max_size=12))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
def test_every_order_of_events_is_noted_and_counted_once(
    tmp_path_factory: pytest.TempPathFactory,
    slots: Slots,
    digits: Dataset,
    monkeypatch: pytest.MonkeyPatch,
    events: list[tuple[int, str]],
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    launch = Launch(tmp_path_factory.mktemp("launch"), slots, digits)
    for number, event in events:
        launch.happen(number, event)
    before_end = dict(launch.board.progress.counts)
    launch.observer.interrupt()
    for number, event in events:  # Ray Tune was left behind, and still reports
        launch.happen(number, event)
    launch.tracker.close(patience_s=0)
    assert launch.board.progress.counts == before_end
    notes = launch.notes()
    ended: Counter[str] = Counter()
    for number, config in enumerate(CONFIGS):
        mine = [note for note in notes if note["run"] == config.config_id]
        did = [event for n, event in events if n == number]
        kinds = [note["do"] for note in mine]
        if not set(did) - {"save", "recover", "dropped", "complete"}:
            begins = did.count("start") + did.count("result") + did.count("error")
            assert kinds == [] and begins == 0
            continue
        assert kinds[0] == "begin" and kinds[-1] == "end"
        assert (kinds.count("begin"), kinds.count("end")) == (1, 1)
        epochs = [note["epoch"] for note in mine if note["do"] == "epoch"]
        assert epochs == list(range(1, len(epochs) + 1))
        ended[mine[-1]["state"]] += 1
    ended.pop(State.INTERRUPTED, None)
    assert before_end == dict(ended)
    assert launch.tracker.open_runs == []


def test_a_sweep_that_others_leave_no_processor_says_what_it_waits_for(
    tmp_path: Path, slots: Slots, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweep.cluster.sharing.slots._COUNT_EVERY_S", 0.0)
    launch = Launch(tmp_path, slots, digits)
    count = int(ray.cluster_resources()["CPU"])

    def told() -> list[str]:
        launch.observer.slots()
        file = launch.board._console.file
        assert isinstance(file, io.StringIO)
        return file.getvalue().splitlines()

    assert told() == []
    others = ray.remote(num_cpus=count)(_Other).remote()  # type: ignore[attr-defined]
    ray.get(others.__ray_ready__.remote())
    place = placement_group([{"CPU": 1}])  # as Tune asks for the place of a trial
    try:
        expected = (
            f"no trial runs: {count} of {count} CPUs of the cluster are taken; waiting for room"
        )
        end = time.monotonic() + 30  # Ray's tables follow what it does after a while
        while not told() and time.monotonic() < end:
            time.sleep(0.1)
        assert told() == [expected]  # once
        ray.kill(others)
        assert place.wait(30)
        assert told() == [expected] and slots.taken() == ""
    finally:
        remove_placement_group(place)
        launch.tracker.close(patience_s=0)


# In the tests below, trials ask for a resource that no sweep of another test asks for.


def test_two_sweeps_on_a_cluster_have_half_of_it_each_until_one_ends(slots: Slots) -> None:
    one, two = (Neighbours(name, {"A": 1.0}) for name in ("one", "two"))
    there_is = {"A": 8.0}
    assert one.share(8, there_is) == 8
    assert two.share(8, there_is) == 4
    assert one.share(8, there_is) == 4
    one.share(1, there_is)  # it has one trial left
    assert two.share(8, there_is) == 7
    two.leave()
    assert one.share(8, there_is) == 8
    one.leave()


def test_a_sweep_beside_another_says_how_many_of_its_trials_run(
    slots: Slots, monkeypatch: pytest.MonkeyPatch
) -> None:
    there_is = {"CPU": 8.0}  # whatever this machine has, and other tests have left of it
    monkeypatch.setattr("sweep.cluster.sharing.slots._nodes", lambda: [there_is])
    monkeypatch.setattr(ray, "cluster_resources", lambda: there_is)
    large = Neighbours("large", {"CPU": 7.0})
    large.share(1, there_is)
    ours = Neighbours("ours", {"CPU": 1.0})
    shared = Slots(Resources(), slots.servers, ours)
    assert shared() == 1
    told = r"\d other sweeps? on this cluster: 1 trial runs at once here"
    assert re.fullmatch(told, shared.shortage)
    large.leave()
    ours.leave()


def test_a_driver_that_was_killed_is_not_waited_for(
    slots: Slots, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed, other = (Neighbours(name, {"B": 1.0}) for name in ("killed", "other"))
    there_is = {"B": 8.0}
    killed.share(8, there_is)
    assert other.share(8, there_is) == 4
    monkeypatch.setattr("sweep.cluster.sharing.neighbours.SILENT_S", 0.0)
    assert other.share(8, there_is) == 8
    other.leave()


class _Other:
    """Has all processors."""
