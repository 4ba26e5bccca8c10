"""A store that was copied or moved with its folder is read and written where it is now."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from analysis.errors import AnalysisError
from analysis.records import Tag
from analysis.store.artifacts import checkpoint_of, confusion_of
from analysis.store.relocation import move_of, settle
from analysis.store.schema import MLFLOW, prepare
from analysis.text.addresses import local_path, sqlite_url
from tests.analysis_tests.conftest import Store

MATRIX = [[5, 1], [0, 7]]


@pytest.fixture
def origin(empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a store that says it was made there, as the first version wrote them."""
    folder = tmp_path / "origin"
    folder.mkdir()
    shutil.copy(empty_store, folder / "mlflow.db")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    settle(sqlite_url(folder / "mlflow.db"))
    yield folder


def trial(folder: Path) -> str:
    """A trial whose files are in its folder, and among its artifacts."""
    uri = sqlite_url(folder / "mlflow.db")
    store = Store(uri, MlflowClient(uri))
    written = folder / "ray_results" / "s" / "1" / "trials" / "a-0"
    written.mkdir(parents=True)
    (written / "best.pt").write_bytes(b"weights")
    (written / "confusion.json").write_text(json.dumps(MATRIX))
    run_id = store.trial("s", "a-0", tags={Tag.CHECKPOINT: str(written / "best.pt")})
    for name in ("best.pt", "confusion.json"):
        store.client.log_artifact(run_id, str(written / name))
    return run_id


def artifact_folder(folder: Path, run_id: str) -> Path:
    uri = sqlite_url(folder / "mlflow.db")
    found = local_path(MlflowClient(uri).get_run(run_id).info.artifact_uri)
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["new", "50%25 what?"])
def test_a_moved_store_gives_its_files_unwritten(
    origin: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    run_id = trial(origin)
    new = origin.rename(origin.parent / name)
    monkeypatch.chdir(new)
    before = (new / "mlflow.db").read_bytes()
    assert checkpoint_of(run_id).is_relative_to(new)
    assert confusion_of(run_id).tolist() == MATRIX
    shutil.rmtree(new / "ray_results")
    assert checkpoint_of(run_id).is_relative_to(new / "mlruns")
    assert (new / "mlflow.db").read_bytes() == before
    assert not origin.exists()


def test_a_copy_never_reads_what_is_only_in_the_original(
    origin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = trial(origin)
    new = Path(shutil.copytree(origin, origin.parent / "new"))
    monkeypatch.chdir(new)
    for folder in ("ray_results", "mlruns"):
        shutil.rmtree(new / folder)
    with pytest.raises(AnalysisError, match=rf"network of run {run_id} is gone: {new}"):
        checkpoint_of(run_id)


@pytest.mark.parametrize("copied", [True, False])
def test_a_settled_store_is_mlflows_own_at_the_new_place(origin: Path, copied: bool) -> None:
    run_id = trial(origin)
    new = origin.parent / "new?"
    if copied:
        shutil.copytree(origin, new)
    else:
        origin.rename(new)
    uri = sqlite_url(new / "mlflow.db")
    settle(uri)
    assert move_of(uri) is None
    assert artifact_folder(new, run_id).is_relative_to(new)
    client = MlflowClient(uri)
    assert {found.path for found in client.list_artifacts(run_id)} == {"best.pt", "confusion.json"}
    checkpoint = Path(client.get_run(run_id).data.tags[Tag.CHECKPOINT])
    assert checkpoint == new / "ray_results" / "s" / "1" / "trials" / "a-0" / "best.pt"
    if copied:
        assert move_of(sqlite_url(origin / "mlflow.db")) is None
        assert artifact_folder(origin, run_id).is_relative_to(origin)
    else:
        assert not origin.exists()


def test_a_store_behind_a_link_has_not_moved(origin: Path) -> None:
    link = origin.parent / "link"
    link.symlink_to(origin)
    assert move_of(sqlite_url(link / "mlflow.db")) is None


def test_another_store_in_the_folder_of_the_artifacts_is_no_original(origin: Path) -> None:
    run_id = trial(origin)
    (origin.parent / "databases").mkdir()
    database = (origin / "mlflow.db").rename(origin.parent / "databases" / "mlflow.db")
    prepare(sqlite_url(origin / "mlflow.db"), MLFLOW)
    MlflowClient(sqlite_url(origin / "mlflow.db")).search_experiments()
    settle(sqlite_url(database))
    assert artifact_folder(database.parent, run_id).is_relative_to(origin)


def test_artifacts_that_never_were_beside_their_store_stay(
    origin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = trial(origin)
    (origin.parent / "databases").mkdir()
    database = (origin / "mlflow.db").rename(origin.parent / "databases" / "mlflow.db")
    uri = sqlite_url(database)
    settle(uri)
    assert artifact_folder(database.parent, run_id).is_relative_to(origin)
    assert checkpoint_of(run_id, uri).is_relative_to(origin)
