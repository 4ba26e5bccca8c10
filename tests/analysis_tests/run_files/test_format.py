"""Runs in a file are those that were written: bit for bit, or an error in one line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.records import KIND_SWEEP, KIND_TRIAL, Tag
from analysis.run_files.format import RunFile
from analysis.run_files.writer import RunFileWriter
from analysis.store.metric_values import VALUES, in_order
from analysis.store.record import RunRecord

Value = tuple[str, str, int, int, float]

names = st.sampled_from(["loss", "val_accuracy", "step", "timestamp", "metrics", "a.b/c d"])
texts = st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=4)
moments = st.integers(0, 2**41)


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[RunRecord], list[Value]]:
    """Some runs, and values of theirs in the order of a file."""
    records, values = [], list[Value]()
    for number in range(draw(st.integers(0, 4))):
        run_id = f"run{number}"
        logged = st.tuples(names, st.integers(-1, 3), st.integers(0, 2), st.floats())
        mine = draw(st.lists(logged, max_size=8, unique_by=repr))
        # MLflow's own order of what is latest; of two NaN there is only one.
        mine.sort(key=lambda it: (it[1], it[2], math.isnan(it[3]), it[3]))
        values += [(run_id, *it) for it in mine]
        records.append(
            RunRecord(
                run_id=run_id,
                sweep=draw(st.text(max_size=3)),
                name=draw(st.text(max_size=9)),
                status=draw(st.sampled_from(["FINISHED", "KILLED"])),
                start_ms=draw(moments),
                end_ms=draw(moments),
                params=draw(texts),
                tags=draw(texts) | {Tag.KIND: KIND_TRIAL if number else KIND_SWEEP},
                metrics={name: value for name, _, _, value in mine},
            )
        )
    return records, values


def as_frame(records: Sequence[RunRecord], values: Sequence[Value]) -> pd.DataFrame:
    frame = pd.DataFrame(list(values), columns=list(VALUES))
    return in_order(frame, [run.run_id for run in records], sorted(frame["metric"].unique()))


def write(path: Path, records: Sequence[RunRecord], values: Sequence[Value], at_once: int) -> None:
    writer = RunFileWriter({metric for _, metric, *_ in values})
    for start in range(0, len(records), at_once):
        some = records[start : start + at_once]
        ids = {run.run_id for run in some}
        writer.write(some, as_frame(some, [value for value in values if value[0] in ids]))
    path.write_bytes(writer.finish())


def rows(frame: pd.DataFrame) -> list[str]:
    """Comparable also where NaN is."""
    return sorted(repr(tuple(row)) for row in frame.itertuples(index=False))


@settings(max_examples=40)
@given(runs(), st.integers(1, 3))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    written: tuple[list[RunRecord], list[Value]],
    at_once: int,
) -> None:
    records, values = written
    path = tmp_path_factory.mktemp("runs") / "r.parquet"
    write(path, records, values, at_once)
    file = RunFile(path)
    assert len(file) == len(records)
    assert repr(list(file.runs())) == repr(
        [ordered(run, file.metrics) for run in records]
    )  # repr, because of NaN
    both = list(file.runs_and_values())
    assert [run.run_id for run, _ in both] == [run.run_id for run in records]
    read = [row for _, frame in both for row in rows(frame)]
    assert sorted(read) == rows(as_frame(records, values))


def ordered(run: RunRecord, metrics: Sequence[str]) -> RunRecord:
    """The same with its texts and metrics in the order of a file."""
    return RunRecord(
        run.run_id,
        run.sweep,
        run.name,
        run.status,
        run.start_ms,
        run.end_ms,
        dict(sorted(run.params.items())),
        dict(sorted(run.tags.items())),
        {name: run.metrics[name] for name in metrics if name in run.metrics},
    )


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """A file of one run with three epochs."""
    run = RunRecord("run0", "s", "a", "FINISHED", 1, 9, {"lr": "0.1"}, {Tag.KIND: KIND_TRIAL}, {})
    values = [("run0", "loss", step, step, 1 / step) for step in (1, 2, 3)]
    write(tmp_path / "r.parquet", [run], values, 1)
    return tmp_path / "r.parquet"


def test_values_are_asked_for_by_run_and_metric(one: Path) -> None:
    found = RunFile(one).values(["run0", "elsewhere"], ["loss", "unheard_of"])
    assert list(found["value"]) == [1.0, 1 / 2, 1 / 3]
    assert RunFile(one).values(["elsewhere"], ["loss"]).empty


def read_all(path: Path) -> str:
    return "\n".join(f"{run} {rows(values)}" for run, values in RunFile(path).runs_and_values())


@settings(max_examples=80)
@given(st.data())
def test_no_damage_goes_unnoticed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("runs") / "r.parquet"
    run = RunRecord("run0", "s", "a", "FINISHED", 1, 9, {"lr": "0.1"}, {Tag.KIND: KIND_TRIAL}, {})
    write(path, [run], [("run0", "loss", step, step, 1 / step) for step in range(1, 40)], 1)
    whole, content = read_all(path), bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        read = read_all(path)
    except AnalysisError as error:
        assert str(error).startswith(f"{path}: ")
        assert "\n" not in str(error)
    else:
        assert read == whole


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_file_that_was_cut_off_is_one_line(one: Path, share: float) -> None:
    content = one.read_bytes()
    one.write_bytes(content[: int(share * len(content))])
    with pytest.raises(AnalysisError, match=r"r\.parquet: (no file of runs|damaged)"):
        RunFile(one)


def test_a_file_of_something_else_is_told_from_one_of_runs(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="No such file"):
        RunFile(tmp_path / "t.parquet")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "t.parquet")
    with pytest.raises(AnalysisError, match="no file of runs, as export-runs writes them"):
        RunFile(tmp_path / "t.parquet")
    (tmp_path / "folder.parquet").mkdir()
    with pytest.raises(AnalysisError, match=r"folder\.parquet: Is a directory"):
        RunFile(tmp_path / "folder.parquet")


def test_a_form_of_later_releases_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analysis.run_files.writer.FORM", b"3")
    write(tmp_path / "r.parquet", [], [], 1)
    with pytest.raises(AnalysisError, match="written by another release"):
        RunFile(tmp_path / "r.parquet")
