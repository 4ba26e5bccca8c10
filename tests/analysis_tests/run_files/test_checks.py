"""A file that was sealed anew says only what a file of runs can say, or is refused in a line."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mlflow.tracking import MlflowClient

from analysis.errors import AnalysisError
from analysis.records import Tag
from analysis.run_files.checks import check_size
from analysis.run_files.exporting import export_runs
from analysis.run_files.format import RunFile
from analysis.run_files.importing import import_runs
from analysis.text.plain import LONGEST_LINE
from tests.fuzzing.run_files import sealed, sealed_anew, table_of, whole

Rows = list[dict[str, Any]]


def changed(change: Callable[[Rows], object]) -> bytes:
    """A whole file with some rows changed, sealed anew."""
    table = table_of(whole())
    rows = table.to_pylist()
    change(rows)
    return sealed(pa.Table.from_pylist(rows, schema=table.schema))


def tags(rows: Rows, row: int, **changes: str | None) -> None:
    """Change tags of ours; None leaves one out."""
    named = {getattr(Tag, key): value for key, value in changes.items()}
    kept = {**dict(rows[row]["tags"]), **named}
    rows[row]["tags"] = [(key, value) for key, value in kept.items() if value is not None]


def set_in(row: int, **changes: Any) -> Callable[[Rows], object]:
    return lambda rows: rows[row].update(changes)


def logged(**changes: Any) -> Callable[[Rows], object]:
    return lambda rows: rows[1]["history"][0].update(changes)


BEFORE = pd.Timestamp("1960-01-01", tz="UTC")
ID = "0" * 32


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (set_in(1, status="<b>"), f"run {ID}: its status '<b>' is none of FAILED, FINISHED"),
        (set_in(1, status="RUNNING"), f"run {ID}: its status 'RUNNING' is none of"),
        (set_in(1, status=None), "a run has no status"),
        (set_in(1, run_id="../x"), "'../x' is no id of a run"),
        (set_in(1, run_id="a" * 32), f"run {'a' * 32} stands twice"),
        (set_in(1, start=BEFORE), f"run {ID}: its start is at no time"),
        (set_in(1, end=None), "a run has no end"),
        (set_in(1, params=None), "a run has no params"),
        (set_in(1, params=[("a", None)]), f"run {ID}: one of its params has no text"),
        (set_in(1, params=[("a", "1"), ("a", "2")]), f"run {ID}: one of its params stands twice"),
        (set_in(1, tags=[]), f"run {ID}: its tag spikesweep.kind is missing"),
        (lambda rows: tags(rows, 1, KIND="robot"), f"run {ID}: its tag spikesweep.kind is missing"),
        (lambda rows: tags(rows, 1, STATE="lost"), f"run {ID}: its state 'lost' is none of"),
        (lambda rows: tags(rows, 2, PARENT=ID), "is not the run of its sweep"),
        (set_in(1, sweep="t"), f"run {ID}: '{'a' * 32}' is not the run of its sweep"),
        (set_in(1, history=None), "a run has no history"),
        (logged(step=None), "a value was logged at no step or time"),
        (logged(step=9), "its values are not in the order in which they were logged"),
        (logged(timestamp=BEFORE), "a value was logged at no time"),
        (set_in(1, history=[None]), "a value was logged at no step or time"),
    ],
)
def test_what_no_run_can_be_is_refused_in_a_line(
    tmp_path: Path, change: Callable[[Rows], object], told: str
) -> None:
    refused(tmp_path / "r.parquet", changed(change), told)


def refused(path: Path, content: bytes, told: str) -> None:
    path.write_bytes(content)
    with pytest.raises(AnalysisError) as caught:
        RunFile(path)
    line = str(caught.value)
    assert told in line and line.startswith(f"{path}: ")
    assert len(line.splitlines()) == 1
    assert len(line) < LONGEST_LINE


def replaced(name: str, column: pa.Array) -> bytes:
    table = table_of(whole())
    return sealed(table.set_column(table.column_names.index(name), name, column))


@pytest.mark.parametrize(
    "content",
    [
        sealed(table_of(whole()).drop_columns(["sweep"])),
        sealed(table_of(whole()).drop_columns(["history"])),
        sealed(table_of(whole()).append_column("more", pa.array([1] * 5))),
        sealed(table_of(whole()).select(table_of(whole()).column_names[::-1])),
        replaced("status", pa.array([1] * 5)),
        replaced("name", pa.array([b"\xff"] * 5)),
        replaced("start", pa.array([1.5] * 5)),
        replaced("params", pa.array([[]] * 5)),
        replaced("history", pa.array([1] * 5)),
        replaced("history", pa.array([[{"step": 1}]] * 5)),
        sealed(pa.table({"a": [1]})),
    ],
)
def test_other_columns_are_refused_in_a_line(tmp_path: Path, content: bytes) -> None:
    refused(tmp_path / "r.parquet", content, "its columns are not those of runs")


def test_text_that_is_not_utf_8_is_refused_in_a_line(tmp_path: Path) -> None:
    wrong = pa.array([b"\xff\xfe"] * 5, pa.binary())
    text = pa.Array.from_buffers(pa.string(), 5, wrong.buffers())
    refused(tmp_path / "r.parquet", replaced("name", text), "damaged: ")


def test_a_file_that_parquet_cannot_read_is_refused_in_a_line(tmp_path: Path) -> None:
    content = whole()
    for place in range(4, len(content) - 8, 97):
        broken = content[:place] + bytes(8) + content[place + 8 :]
        (tmp_path / "r.parquet").write_bytes(sealed_anew(broken))
        try:
            read = RunFile(tmp_path / "r.parquet")
        except AnalysisError as error:
            assert len(str(error).splitlines()) == 1
        else:
            assert len(list(read.runs_and_values())) == len(read)


def test_a_file_that_is_unpacked_to_more_than_memory_holds_is_refused(tmp_path: Path) -> None:
    megabyte = "0" * 2**20
    schema = table_of(whole()).schema
    content = io.BytesIO()
    with pq.ParquetWriter(content, schema, use_dictionary=False, compression="zstd") as writer:
        rows = [dict(table_of(whole()).to_pylist()[1], name=megabyte) for _ in range(64)]
        table = pa.Table.from_pylist(rows, schema=schema)
        for _ in range(5):
            writer.write_table(table)
    metadata = pq.ParquetFile(pa.BufferReader(content.getvalue())).metadata
    check_size(metadata, 2**29)
    with pytest.raises(AnalysisError, match="is unpacked to more than"):
        check_size(metadata, 2**28)


@pytest.fixture
def client(empty_store: Path, tmp_path: Path) -> MlflowClient:
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    return MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (set_in(4, sweep="../../x"), "'../../x' is no name of a sweep"),
        (set_in(4, sweep="a\0b"), r"'a\x00b' is no name of a sweep"),
        (set_in(4, sweep="a\x1b[2J"), r"'a\x1b[2J' is no name of a sweep"),
        (set_in(4, sweep="s.parquet"), "'s.parquet' is no name of a sweep"),
        (set_in(4, name="n\x1b[31m"), r"its name 'n\x1b[31m' is too long or has control"),
        (set_in(4, params=[("../a", "1")]), "'../a' is no name of a param"),
        (set_in(4, params=[("", "1")]), "'' is no name of a param"),
        (set_in(4, params=[("a", "1\0")]), "its param a is no text of up to 6000 characters"),
        (set_in(4, params=[("a", "x" * 6001)]), "its param a is no text of up to 6000"),
        (lambda rows: tags(rows, 4, ERROR="x" * 8001), "its tag spikesweep.error is no text"),
        (lambda rows: tags(rows, 4, TRIAL="x" * 8000), "its tag spikesweep.trial is no text"),
    ],
)
def test_names_that_no_store_takes_are_refused_before_anything_is_written(
    tmp_path: Path, client: MlflowClient, change: Callable[[Rows], object], told: str
) -> None:
    def alone(rows: Rows) -> None:
        change(rows)
        if rows[4]["sweep"] != "s":  # a sweep of its own, without a parent
            tags(rows, 4, PARENT=None)

    path = tmp_path / "r.parquet"
    path.write_bytes(changed(alone))
    before = (tmp_path / "mlflow.db").read_bytes()
    with pytest.raises(AnalysisError) as caught:
        import_runs(RunFile(path), client)
    assert told in str(caught.value)
    assert (tmp_path / "mlflow.db").read_bytes() == before


def test_more_texts_than_a_store_takes_at_once_arrive(tmp_path: Path, client: MlflowClient) -> None:
    params = [(f"p{number}", str(number)) for number in range(250)]
    more = [(f"t{number}", str(number)) for number in range(250)]

    def many(rows: Rows) -> None:
        rows[1].update(params=params, tags=[*rows[1]["tags"], *more])

    path = tmp_path / "r.parquet"
    path.write_bytes(changed(many))
    assert import_runs(RunFile(path), client).made == 5
    found = client.get_experiment_by_name("s")
    assert found is not None
    runs = client.search_runs([found.experiment_id], f"tags.`{Tag.CONFIG_ID}` = '{0:012x}'")
    assert runs[0].data.params == dict(params)
    assert runs[0].data.tags.items() >= dict(more).items()


def test_a_sweep_of_which_an_import_broke_off_is_shown_as_one_that_runs(
    tmp_path: Path, client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "r.parquet").write_bytes(whole())
    end_run, ended = MlflowClient.set_terminated, []

    def breaking(self: MlflowClient, *given: Any) -> None:
        if len(ended) == 3:
            raise OSError("the server is gone")
        end_run(self, *given)
        ended.append(given)

    monkeypatch.setattr(MlflowClient, "set_terminated", breaking)
    with pytest.raises(AnalysisError, match="the server is gone"):
        import_runs(RunFile(tmp_path / "r.parquet"), client)
    assert statuses(client) == {"sweep": ["RUNNING"], "trial": ["FINISHED"] * 3 + ["RUNNING"]}
    monkeypatch.setattr(MlflowClient, "set_terminated", end_run)
    done = import_runs(RunFile(tmp_path / "r.parquet"), client)
    assert (done.made, done.continued, done.found) == (0, 2, 3)
    assert statuses(client) == {"sweep": ["FINISHED"], "trial": ["FINISHED"] * 4}


def statuses(client: MlflowClient) -> dict[str, list[str]]:
    found = client.get_experiment_by_name("s")
    assert found is not None
    runs = client.search_runs([found.experiment_id])
    kinds = ("sweep", "trial")
    return {
        kind: sorted(run.info.status for run in runs if run.data.tags[Tag.KIND] == kind)
        for kind in kinds
    }


def test_what_could_not_be_imported_is_not_exported(store: Any) -> None:
    store.trial("s", "a-0", val_accuracy=0.5)
    store.end("s")
    store.client.rename_experiment(store.client.get_experiment_by_name("s").experiment_id, "My s!")
    with pytest.raises(AnalysisError, match="'My s!' is no name of a sweep"):
        export_runs(["My s!"], "s.parquet")
    assert not Path("s.parquet").exists()
