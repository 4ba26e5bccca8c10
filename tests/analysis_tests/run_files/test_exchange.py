"""Runs go from store to store whole and once, whatever breaks off in between."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from mlflow.entities import Metric
from mlflow.tracking import MlflowClient

from analysis.data.history import load_history
from analysis.data.runs import load_runs
from analysis.errors import AnalysisError
from analysis.predictions.file import as_file
from analysis.records import KIND_TRIAL, PREDICTIONS_FILE, State, Tag
from analysis.run_files.exporting import Exported, export_runs
from analysis.run_files.format import RunFile
from analysis.run_files.importing import Imported, import_runs
from analysis.run_files.reading import hits_reader, predictions_reader
from analysis.run_files.writer import RunFileWriter
from analysis.store.artifacts import GroupHits, hits_of, predictions_of
from analysis.store.metric_values import VALUES
from analysis.store.record import RunRecord
from analysis.store.tracking_store import find_sweeps
from tests.analysis_tests.conftest import Store
from tests.analysis_tests.predictions.test_file import answers
from tests.benchmarks.bulk_store import Size, fill

_EPOCHS = 260  # of four metrics: more than MLflow takes in a request

NewStore = Callable[[str], MlflowClient]


@pytest.fixture
def new_store(empty_store: Path, tmp_path: Path) -> NewStore:
    def make(name: str) -> MlflowClient:
        shutil.copy(empty_store, tmp_path / f"{name}.db")
        return MlflowClient(f"sqlite:///{tmp_path / name}.db")

    return make


@pytest.fixture(scope="module")
def kept(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, list[str]]:
    """A store with three trials and their ids, written once and copied for each test."""
    path = tmp_path_factory.mktemp("three") / "mlflow.db"
    shutil.copy(empty_store, path)
    store = Store(f"sqlite:///{path}", MlflowClient(f"sqlite:///{path}"))
    return store, three_trials(store)


@pytest.fixture
def sweep_of_three(store: Store, kept: tuple[Store, list[str]]) -> list[str]:
    """The store of a test has three trials; their ids."""
    written, trials = kept
    shutil.copy(written.uri.removeprefix("sqlite:///"), store.uri.removeprefix("sqlite:///"))
    store.written, store.parents = written.written, dict(written.parents)
    return trials


def three_trials(store: Store) -> list[str]:
    """A sweep with a trial that is done, one that failed, and one that was pruned."""
    params = {"dynamics": "lif", "tau_syn": None, "seed": 0}
    done = store.trial("s", "a-0", params=params, tags={Tag.TRIAL: "s/1/a-0"})
    curve = {"val_accuracy": 1 / 3, "train_loss": 3.0, "val_loss": math.pi, "epoch_seconds": 0.1}
    metrics = [
        Metric(name, factor * epoch, 1000 * epoch, epoch)
        for epoch in range(1, _EPOCHS + 1)
        for name, factor in curve.items()
    ]
    for start in range(0, len(metrics), 1000):
        store.client.log_batch(done, metrics=metrics[start : start + 1000])
    store.epoch(done, _EPOCHS, test_accuracy=0.9)
    failed = store.trial("s", "b-0", State.FAILED, tags={Tag.ERROR: "loss is NaN"}, val_loss=0.5)
    store.epoch(failed, 2, val_loss=math.nan)
    pruned = store.trial("s", "c-0", State.PRUNED, params={"lr": 0.1})
    store.end("s")
    return [done, failed, pruned]


def import_file(path: str, client: MlflowClient) -> Imported:
    return import_runs(RunFile(path), client)


def contents(client: MlflowClient, sweep: str = "s") -> dict[str, Any]:
    """Everything about the runs of a sweep that an import keeps, by the id that they had first."""
    found = client.get_experiment_by_name(sweep)
    assert found is not None
    runs = client.search_runs([found.experiment_id], max_results=1000)
    first = {run.info.run_id: run.data.tags.get(Tag.IMPORTED_FROM) for run in runs}
    first = {run_id: before or run_id for run_id, before in first.items()}
    kept = {}
    for run in runs:
        tags = {key: v for key, v in run.data.tags.items() if key != Tag.IMPORTED_FROM}
        tags[Tag.TRIAL] = tags.get(Tag.TRIAL, "").partition("@")[0]
        if Tag.PARENT in tags:
            tags[Tag.PARENT] = first[tags[Tag.PARENT]]
        info = run.info
        history = [
            repr((metric.key, metric.step, metric.timestamp, metric.value))
            for key in sorted(run.data.metrics)
            for metric in client.get_metric_history(info.run_id, key)
        ]
        about = (info.run_name, info.status, info.start_time, info.end_time)
        latest = repr(sorted(run.data.metrics.items()))
        kept[first[info.run_id]] = (about, run.data.params, tags, latest, sorted(history))
    return kept


def test_runs_arrive_whole(store: Any, sweep_of_three: list[str], new_store: NewStore) -> None:
    assert export_runs(["s"], "s.parquet") == Exported(runs=4, configurations=3, running={})
    other = new_store("other")
    assert import_file("s.parquet", other) == Imported(made=4, continued=0, found=0, launches=1)
    assert contents(other) == contents(store.client)
    there = load_runs(["s"], other.tracking_uri)
    same = [name for name in there.columns if name != "run_id"]
    pd.testing.assert_frame_equal(there[same], load_runs(["s"])[same], check_exact=True)


def test_a_second_import_changes_nothing(
    sweep_of_three: list[str], new_store: NewStore, tmp_path: Path
) -> None:
    export_runs(["s"], "s.parquet")
    other = new_store("other")
    import_file("s.parquet", other)
    before = (tmp_path / "other.db").read_bytes()
    assert import_file("s.parquet", other) == Imported(made=0, continued=0, found=4)
    assert (tmp_path / "other.db").read_bytes() == before


def test_an_import_into_the_store_where_they_were_trained_changes_nothing(
    store: Any, sweep_of_three: list[str], new_store: NewStore
) -> None:
    export_runs(["s"], "s.parquet")
    assert import_file("s.parquet", store.client) == Imported(made=0, continued=0, found=4)
    other = new_store("other")  # and when they come back from elsewhere
    import_file("s.parquet", other)
    export_runs(["s"], "back.parquet", tracking_uri=other.tracking_uri)
    assert import_file("back.parquet", store.client) == Imported(made=0, continued=0, found=4)


def test_the_same_runs_make_the_same_file_in_any_store(
    sweep_of_three: list[str], new_store: NewStore
) -> None:
    export_runs(["s"], "s.parquet")
    export_runs(["s"], "again.parquet")
    other = new_store("other")
    import_file("s.parquet", other)
    export_runs(["s"], "back.parquet", tracking_uri=other.tracking_uri)
    files = [Path(f"{name}.parquet").read_bytes() for name in ("s", "again", "back")]
    assert files[0] == files[1] == files[2]


class Breaking(MlflowClient):
    """Is interrupted in the middle: before a request or after it, its answer lost."""

    left = 0

    def _count(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt

    def create_run(self, *given: Any, **named: Any) -> Any:
        self._count()
        made = super().create_run(*given, **named)
        self._count()
        return made

    def log_batch(self, *given: Any, **named: Any) -> Any:
        self._count()
        super().log_batch(*given, **named)
        self._count()

    def set_terminated(self, *given: Any, **named: Any) -> None:
        self._count()
        super().set_terminated(*given, **named)
        self._count()


def test_an_import_that_broke_off_anywhere_goes_on(
    store: Any, sweep_of_three: list[str], new_store: NewStore
) -> None:
    export_runs(["s"], "s.parquet")
    expected = contents(store.client)
    place, broken = 1, True
    while broken:
        other = new_store(f"other{place}")
        client = Breaking(other.tracking_uri)
        client.left, broken = place, False
        try:
            import_file("s.parquet", client)
        except KeyboardInterrupt:
            broken = True
            for run, (_, *result) in contents(other).items():  # no part passes for a result
                done = result[1].get(Tag.STATE) == State.DONE
                assert not done or tuple(result) == expected[run][1:]
        import_file("s.parquet", other)
        assert contents(other) == expected, place
        place += 4
    assert place > 20


def test_what_went_on_since_is_brought_up_to_date(store: Any, new_store: NewStore) -> None:
    run = store.trial("s", "a-0", State.INTERRUPTED, val_accuracy=0.5)
    store.end("s")
    export_runs(["s"], "early.parquet")
    store.epoch(run, 2, val_accuracy=0.6)
    store.client.set_tag(run, Tag.STATE, State.DONE)
    store.client.set_terminated(run, "FINISHED")
    export_runs(["s"], "late.parquet")
    other = new_store("other")
    import_file("early.parquet", other)
    assert import_file("late.parquet", other) == Imported(made=0, continued=1, found=1)
    assert contents(other) == contents(store.client)
    assert import_file("early.parquet", other) == Imported(made=0, continued=0, found=2)
    assert contents(other) == contents(store.client)


def test_what_still_runs_stays_out_and_its_sweep_is_interrupted(
    store: Any, new_store: NewStore
) -> None:
    store.client.set_tag(store.trial("s", "a-0"), "mlflow.note.content", "kept")
    store.trial("s", "b-0", State.RUNNING)
    store.trial("s", "c-0", State.RUNNING)
    assert export_runs(["s"], "s.parquet") == Exported(runs=2, configurations=1, running={"s": 2})
    parent, trial = RunFile("s.parquet").runs()
    assert (parent.status, parent.state) == ("KILLED", State.INTERRUPTED)
    assert parent.end_ms == trial.end_ms
    assert (trial.status, trial.tags["mlflow.note.content"]) == ("FINISHED", "kept")


def test_what_is_done_and_not_yet_closed_is_exported(store: Any) -> None:
    run = store.trial("s", "a-0", State.RUNNING)
    store.client.log_batch(run, metrics=[Metric("test_accuracy", 0.9, 4_000_000_000_000, 1)])
    store.client.set_tag(run, Tag.STATE, State.DONE)
    assert export_runs(["s"], "s.parquet").running == {}
    _, trial = RunFile("s.parquet").runs()
    assert (trial.status, trial.end_ms) == ("FINISHED", 4_000_000_000_000)


def test_nothing_but_running_trials_is_nothing_to_export(store: Any) -> None:
    store.trial("s", "a-0", State.RUNNING)
    with pytest.raises(AnalysisError, match="nothing to export yet: all trials of s still run"):
        export_runs(["s"], "s.parquet")
    assert not Path("s.parquet").exists()


def test_a_sweep_without_trials_or_metrics_can_be_exported(store: Any, new_store: NewStore) -> None:
    store.sweep("s")
    store.trial("t", "a-0", State.FAILED)
    store.end("s")
    store.end("t")
    assert export_runs(["s", "t"], "s.parquet").runs == 3
    other = new_store("other")
    import_file("s.parquet", other)
    for sweep in ("s", "t"):
        assert contents(other, sweep) == contents(store.client, sweep)


def test_several_sweeps_and_more_runs_than_a_group(
    store: Any, new_store: NewStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analysis.run_files.exporting._RUNS_AT_ONCE", 2)
    for number in range(3):
        for sweep in ("s", "t"):
            run = store.trial(sweep, f"{sweep}{number}-0", val_accuracy=0.1)
            store.epoch(run, 2, val_accuracy=number / 3)
    store.end("s")
    store.end("t")
    seen: list[tuple[int, int]] = []
    export_runs(["t", "s", "s"], "both.parquet", progress=lambda *done: seen.append(done))
    assert seen == [(2, 8), (4, 8), (6, 8), (8, 8)]
    other = new_store("other")
    import_file("both.parquet", other)
    for sweep in ("s", "t"):
        assert contents(other, sweep) == contents(store.client, sweep)


def test_a_run_that_stands_in_a_file_and_a_store_counts_once(
    sweep_of_three: list[str], new_store: NewStore
) -> None:
    export_runs(["s"], "s.parquet")
    of_file, of_store = load_runs(["s.parquet"]), load_runs(["s"])
    pd.testing.assert_frame_equal(of_file, of_store, check_exact=True)
    pd.testing.assert_frame_equal(load_runs(["s.parquet", "s"]), of_store, check_exact=True)
    other = new_store("other")
    import_file("s.parquet", other)
    assert len(load_runs(["s.parquet", "s"], other.tracking_uri)) == 3
    history = load_history(["s"], ["val_accuracy"], tracking_uri=other.tracking_uri)
    assert history["val_accuracy"].tolist() == [1 / 3 * epoch for epoch in range(1, _EPOCHS + 1)]


def test_imported_runs_are_not_mistaken_for_launches_of_this_folder(
    sweep_of_three: list[str], new_store: NewStore
) -> None:
    export_runs(["s"], "s.parquet")
    other = new_store("other")
    import_file("s.parquet", other)
    experiment = other.get_experiment_by_name("s").experiment_id
    names = {run.data.tags.get(Tag.TRIAL) for run in other.search_runs([experiment])}
    assert f"s/1/a-0@{sweep_of_three[0]}" in names
    assert "s/1/a-0" not in names


def test_a_deleted_experiment_is_not_written_to(
    sweep_of_three: list[str], new_store: NewStore
) -> None:
    export_runs(["s"], "s.parquet")
    other = new_store("other")
    other.delete_experiment(other.create_experiment("s"))
    with pytest.raises(AnalysisError, match=r"'s' is deleted.*restore --experiment-id"):
        import_file("s.parquet", other)


def test_what_cannot_be_exported_is_one_line(store: Any) -> None:
    store.trial("s", "a-0")
    with pytest.raises(AnalysisError, match=r"s\.csv: .* must end in \.parquet"):
        export_runs(["s"], "s.csv")
    with pytest.raises(AnalysisError, match="unknown sweep 'x'; known: s"):
        export_runs(["s", "x"], "s.parquet")
    with pytest.raises(AnalysisError, match=r"t\.parquet: is a file already"):
        export_runs(["s", "t.parquet"], "s.parquet")
    assert not list(Path().glob("*.parquet"))


def test_three_hundred_runs_are_small(new_store: NewStore, tmp_path: Path) -> None:
    """Of made-up values, every digit of which is chance."""
    uri, path = new_store("many").tracking_uri, tmp_path / "many.parquet"
    names = fill(uri, Size(runs=300, epochs=20))
    assert export_runs(names, path, tracking_uri=uri).runs == 301
    assert path.stat().st_size < 500_000
    of_file, of_store = load_runs([str(path)]), load_runs(names, uri)
    pd.testing.assert_frame_equal(of_file, of_store, check_exact=True)
    assert len(of_file) == 300


def test_predictions_and_hits_by_group_go_along(
    store: Store, new_store: NewStore, tmp_path: Path
) -> None:
    kept, told = answers([0, 1, 2], [0, 1, 1]), '{"kind": "speaker", "hits": {"7": [2, 3]}}'
    run_id = with_files(store, tmp_path / "a", as_file(kept), told)
    reused = store.trial("s", "a-1", tags={Tag.REUSED_FROM: run_id})
    without = store.trial("s", "b-0")
    store.end("s")
    export_runs(["s"], "s.parquet")
    export_runs(["s"], "less.parquet", predictions=False)
    # The path of a network may tell a user's name, and is of no use to others.
    assert not any(Tag.CHECKPOINT in run.tags for run in RunFile("s.parquet").runs())
    other = new_store("other")
    assert import_file("s.parquet", other) == Imported(made=4, continued=0, found=0, launches=1)
    export_again = load_runs(["s"], other.tracking_uri).set_index("config_id")["run_id"]
    for there in export_again[["a-0", "a-1"]]:
        read = predictions_of(there, other.tracking_uri)
        assert as_file(read) == as_file(kept)
        assert hits_of(there, other.tracking_uri) == GroupHits("speaker", {"7": (2, 3)})
    export_runs(["s"], "again.parquet", tracking_uri=other.tracking_uri)
    assert Path("again.parquet").read_bytes() == Path("s.parquet").read_bytes()
    for id_, names in ((run_id, ["s.parquet"]), (reused, ["s.parquet"]), (run_id, ["s"])):
        assert predictions_reader(names)(id_).predicted.tolist() == [0, 1, 1]
    with pytest.raises(
        AnalysisError, match=rf"{without} has no predictions\.parquet in s\.parquet"
    ):
        predictions_reader(["s.parquet"])(without)
    with pytest.raises(AnalysisError, match=r"^less\.parquet: was exported without predictions; "):
        predictions_reader(["less.parquet"])(run_id)
    assert hits_reader(["less.parquet"])(run_id).kind == "speaker"


def test_damaged_predictions_are_refused_before_anything_is_written(
    store: Store, new_store: NewStore, tmp_path: Path
) -> None:
    run_id = with_files(store, tmp_path / "a", b"PAR1", "{}")
    with pytest.raises(AnalysisError, match=rf"run {run_id}: groups\.json: holds no hits by group"):
        export_runs(["s"], "s.parquet")
    writer = RunFileWriter([], files=True)
    runs = list(find_sweeps(store.client, ["s"]))
    closed = [replace(run, status="FINISHED", end_ms=run.start_ms + 1) for run in runs]
    writer.write(closed, pd.DataFrame(columns=list(VALUES)), {run_id: {PREDICTIONS_FILE: b"PAR1"}})
    Path("bad.parquet").write_bytes(writer.finish())
    other = new_store("other")
    with pytest.raises(
        AnalysisError, match=rf"bad\.parquet: run {run_id}: predictions\.parquet: ho"
    ):
        import_file("bad.parquet", other)
    assert other.get_experiment_by_name("s") is None


@pytest.mark.parametrize(
    ("files", "told"),
    [({"best.pt": b""}, "its file 'best.pt' is none of groups.json"), ({}, "")],
)
def test_a_file_of_runs_has_no_other_files(files: dict[str, bytes], told: str) -> None:
    writer = RunFileWriter([], files=bool(files))
    run = RunRecord("run0", "s", "a", "FINISHED", 1, 9, {}, {Tag.KIND: KIND_TRIAL}, {})
    writer.write([run], pd.DataFrame(columns=list(VALUES)), {"run0": files})
    content = writer.finish()
    if not told:
        assert list(RunFile("r.parquet", content).files()) == [("run0", {})]
        return
    with pytest.raises(AnalysisError, match=told):
        RunFile("r.parquet", content)


def with_files(store: Store, folder: Path, predictions: bytes, groups: str) -> str:
    """A finished trial that has written these files."""
    folder.mkdir()
    (folder / PREDICTIONS_FILE).write_bytes(predictions)
    (folder / "groups.json").write_text(groups)
    run_id = store.trial("s", "a-0", tags={Tag.CHECKPOINT: str(folder / "best.pt")})
    for name in (PREDICTIONS_FILE, "groups.json"):
        store.client.log_artifact(run_id, str(folder / name))
    return run_id
