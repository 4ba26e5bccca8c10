"""The files of a run: where they were written, or else from MLflow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.errors import AnalysisError
from analysis.predictions.file import as_file
from analysis.records import Tag
from analysis.store.artifacts import (
    GroupHits,
    NoGroupsError,
    checkpoint_of,
    confusion_of,
    hits_of,
    predictions_of,
)
from tests.analysis_tests.conftest import Store
from tests.analysis_tests.predictions.test_file import answers

MATRIX = [[5, 1], [0, 7]]


def trial(store: Store, folder: Path) -> str:
    """A finished trial that has written its files into a folder."""
    folder.mkdir()
    (folder / "best.pt").write_bytes(b"weights")
    (folder / "confusion.json").write_text(json.dumps(MATRIX))
    return store.trial("s", "a-0", tags={Tag.CHECKPOINT: str(folder / "best.pt")})


def lose(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


def test_the_files_of_the_run_are_read_where_they_were_written(
    store: Store, tmp_path: Path
) -> None:
    run_id = trial(store, tmp_path / "trial")
    assert confusion_of(run_id).tolist() == MATRIX
    assert checkpoint_of(run_id) == tmp_path / "trial" / "best.pt"


def test_lost_files_come_from_mlflow_also_those_of_a_reused_run(
    store: Store, tmp_path: Path
) -> None:
    run_id = trial(store, tmp_path / "trial")
    for name in ("best.pt", "confusion.json"):
        store.client.log_artifact(run_id, str(tmp_path / "trial" / name))
    tags = {Tag.CHECKPOINT: str(tmp_path / "trial" / "best.pt"), Tag.REUSED_FROM: run_id}
    again = store.trial("s", "a-1", tags=tags)
    lose(tmp_path / "trial")
    for run in (run_id, again):
        assert confusion_of(run).tolist() == MATRIX
        assert checkpoint_of(run).read_bytes() == b"weights"


def test_files_that_are_nowhere_are_named(store: Store, tmp_path: Path) -> None:
    run_id = trial(store, tmp_path / "trial")
    lose(tmp_path / "trial")
    with pytest.raises(AnalysisError, match=rf"confusion matrix of run {run_id} is gone: .*json"):
        confusion_of(run_id)
    with pytest.raises(AnalysisError, match=rf"network of run {run_id} is gone: .*best\.pt"):
        checkpoint_of(run_id)


def test_a_run_that_another_store_has_is_told_from_files_that_are_gone(store: Store) -> None:
    store.trial("s", "a-0")
    with pytest.raises(AnalysisError, match=r"matrix of run 0f0f is only in the MLflow store that"):
        confusion_of("0f0f")


@pytest.mark.parametrize("content", ["", "7", "[[1, 2]]", '{"a": 1}', "[[1], [2, 3]]", "[1, 2]"])
def test_a_damaged_confusion_matrix_is_named(store: Store, tmp_path: Path, content: str) -> None:
    run_id = trial(store, tmp_path / "trial")
    (tmp_path / "trial" / "confusion.json").write_text(content)
    with pytest.raises(AnalysisError, match=r"confusion\.json: holds no confusion matrix"):
        confusion_of(run_id)


def test_the_hits_of_the_speakers_are_read(store: Store, tmp_path: Path) -> None:
    run_id = trial(store, tmp_path / "trial")
    told = '{"kind": "speaker", "hits": {"0": [3, 4], "7": [0, 2]}}'
    (tmp_path / "trial" / "groups.json").write_text(told)
    assert hits_of(run_id) == GroupHits("speaker", {"0": (3, 4), "7": (0, 2)})


def test_a_run_with_predictions_and_no_hits_by_group_had_none(store: Store, tmp_path: Path) -> None:
    run_id = trial(store, tmp_path / "trial")
    with pytest.raises(AnalysisError, match=r"accuracy by group of run .* is gone"):
        hits_of(run_id)  # all of it may be lost
    (tmp_path / "trial" / "predictions.parquet").write_bytes(as_file(answers([0, 1], [0, 1])))
    with pytest.raises(NoGroupsError, match=f"run {run_id}: its test set has no groups"):
        hits_of(run_id)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"kind": "speaker", "hits": {}}',
        '{"kind": "speaker", "hits": {"0": [3]}}',
        '{"kind": "speaker", "hits": {"0": [5, 4]}}',
        '{"kind": "speaker", "hits": {"0": [0, 0]}}',
    ],
)
def test_damaged_hits_are_named(store: Store, tmp_path: Path, content: str) -> None:
    run_id = trial(store, tmp_path / "trial")
    (tmp_path / "trial" / "groups.json").write_text(content)
    with pytest.raises(AnalysisError, match=r"groups\.json: holds no hits by group"):
        hits_of(run_id)


def test_the_answers_to_single_images_are_read_or_named_as_damaged(
    store: Store, tmp_path: Path
) -> None:
    run_id, kept = trial(store, tmp_path / "trial"), answers([0, 1, 2], [0, 1, 1])
    with pytest.raises(AnalysisError, match=r"file of predictions of run .* is gone"):
        predictions_of(run_id)
    file = tmp_path / "trial" / "predictions.parquet"
    file.write_bytes(as_file(kept))
    assert predictions_of(run_id).predicted.tolist() == [0, 1, 1]
    file.write_bytes(b"PAR1")
    with pytest.raises(AnalysisError, match=r"predictions\.parquet: holds no predictions"):
        predictions_of(run_id)
