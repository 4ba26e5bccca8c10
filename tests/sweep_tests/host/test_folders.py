"""A working folder may have any name, and may be copied or moved: all stays in it."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from mlflow.tracking import MlflowClient
from mlflow.tracking._tracking_service import utils

from analysis.records import Tag
from sweep.host.paths import LaunchPaths
from sweep.tracking.outbox import Outbox
from tests.sweep_tests.servers import free_port
from tests.sweep_tests.workplace import Workplace, answers, stop, wait_until

pytestmark = pytest.mark.usefixtures("ray_here")
ONE_TRIAL = {
    "base": {
        "dataset": "digits",
        "epochs": 1,
        "n_steps": 5,
        "encoding": "constant",
        "dynamics": "lif",
        "backend": "reference",
    },
    "search": {"lr": {"loguniform": [1e-3, 1e-2]}},
    "trials": 1,
}
OWN = {"mlflow.db", "optuna.db", "mlruns", "ray_results", "small.yaml"}


def contents(folder: Path) -> dict[Path, tuple[int, bytes]]:
    """Every file with its time of change."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


@pytest.mark.parametrize("name", ["what?", "50%25 done/what?/%2Fetc br[1]{x} a#b"])
def test_a_sweep_runs_in_a_folder_of_any_name_and_writes_nowhere_else(
    tmp_path: Path, name: str
) -> None:
    place = Workplace(tmp_path / name)
    place.folder.mkdir(parents=True)
    above = [folder for folder in place.folder.parents if folder.is_relative_to(tmp_path)]
    only = [list(folder.iterdir()) for folder in above]
    done = place.run("run", place.spec(**ONE_TRIAL))
    assert done.returncode == 0, done.stderr
    assert [list(folder.iterdir()) for folder in above] == only
    assert {path.name for path in place.folder.iterdir()} == OWN
    (run,) = place.runs("small")
    artifacts = {found.path for found in MlflowClient(place.store).list_artifacts(run.info.run_id)}
    assert artifacts == {"best.pt", "confusion.json", "predictions.parquet"}
    shutil.rmtree(place.folder / "ray_results")  # the rest is among the artifacts
    assert place.run("predict", "small", "test:0").returncode == 0
    assert [list(folder.iterdir()) for folder in above] == only


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory, ray_here: None) -> Workplace:
    """A folder with a sweep that is done, but for notes that MLflow has not received."""
    place = Workplace(tmp_path_factory.mktemp("lab") / "origin")
    place.folder.mkdir()
    done = place.run("run", place.spec(**ONE_TRIAL))
    assert done.returncode == 0, done.stderr
    (place.folder / "ray_results" / "small" / "1" / "delivered.jsonl").unlink()
    return place


@pytest.fixture(params=["copied", "moved"])
def elsewhere(
    request: pytest.FixtureRequest, origin: Workplace, tmp_path: Path
) -> Iterator[Workplace]:
    """The same folder at another place; the original is there and other, or is gone."""
    # MLflow remembers in a process where a run's artifacts are; copies have runs of the same ids.
    utils._artifact_repos_cache.clear()
    place = Workplace(Path(shutil.copytree(origin.folder, tmp_path / "50% new?")))
    if request.param == "moved":
        aside = origin.folder.rename(origin.folder.with_name("aside"))
        yield place
        assert not origin.folder.exists(), "the old folder was made again"
        aside.rename(origin.folder)
        return
    networks = {path: path.read_bytes() for path in origin.folder.rglob("best.pt")}
    for path in networks:
        path.write_bytes(b"of a later sweep")
    before = contents(origin.folder)
    yield place
    after = contents(origin.folder)
    assert {path for path in after | before if after.get(path) != before.get(path)} == set()
    for path, network in networks.items():
        path.write_bytes(network)


def test_every_command_works_in_the_new_folder_alone(elsewhere: Workplace) -> None:
    place = elsewhere
    for command in (
        ("predict", "small", "test:0"),
        ("export", "small", "-o", "small.nir"),
        ("figure", "confusion", "small", "-o", "small.png"),
        ("best", "small", "--register", "digits"),
        ("report", "small"),
        ("sync",),
        ("run", "small.yaml", "--resume"),
        ("train", *sets(small_config(place))),
    ):
        done = place.run(*command)
        assert done.returncode == 0, (command, done.stderr)
        assert "not logged" not in done.stderr
        assert "origin" not in done.stdout + done.stderr
    (run,) = place.runs("small")
    assert Path(run.data.tags[Tag.CHECKPOINT]).is_relative_to(place.folder)
    (parent,) = place.runs("small", kind="sweep")
    client = MlflowClient(place.store)
    artifacts = [found.path for found in client.list_artifacts(parent.info.run_id)]
    assert artifacts == ["leaders.csv", "report"]
    assert "digits" in {model.name for model in client.search_registered_models()}
    paths = LaunchPaths(place.folder / "ray_results", "small", 1)
    outbox = Outbox(paths.outbox, paths.delivered, paths.refused)
    assert not outbox.waiting
    outbox.close()


def small_config(place: Workplace) -> dict[str, str]:
    (run,) = place.runs("small")
    return {key: value for key, value in run.data.params.items() if value != "None"}


def sets(config: dict[str, str]) -> list[str]:
    return [part for key, value in config.items() for part in ("--set", f"{key}={value}")]


def test_the_pages_of_mlflow_show_the_artifacts_in_the_new_folder(elsewhere: Workplace) -> None:
    (run,) = elsewhere.runs("small")
    port = free_port()
    server = elsewhere.start("ui", "--port", str(port))
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(f"{url}/health") or server.poll() is not None)
        query = {"run_id": run.info.run_id}
        found = requests.get(f"{url}/api/2.0/mlflow/artifacts/list", query, timeout=30).json()
        assert {file["path"] for file in found["files"]} == {
            "best.pt",
            "confusion.json",
            "predictions.parquet",
        }
        network = {"path": "best.pt", "run_uuid": run.info.run_id}
        assert requests.get(f"{url}/get-artifact", network, timeout=30).content[:2] == b"PK"
    finally:
        stop(server, signal.SIGINT)
