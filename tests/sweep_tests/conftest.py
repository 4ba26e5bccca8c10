"""A working directory of its own for every test, and what is started once for all of them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import ExitStack
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from sweep.cluster import connection
from sweep.spec.sections.resources import Resources
from tests.sweep_tests.servers import mlflow_server
from tests.sweep_tests.workplace import ONE_WORKER, Workplace


@pytest.fixture(scope="session")
def ray_here() -> Iterator[None]:
    """A Ray of this process, for the sweeps that need none of their own."""
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in ONE_WORKER.items():
                patch.setenv(name, value)
            stack.enter_context(connection.connected(Resources(), address=None))
        yield


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a real MLflow server, for all tests that write under names of their own."""
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as port:
        yield port


@pytest.fixture(scope="session")
def processes() -> ForkServerContext:
    """Starts processes that have the libraries loaded."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        [
            "tests.sweep_tests.tracking.test_schema",
            "tests.sweep_tests.run.test_crowd",
            "mlflow.store.tracking.sqlalchemy_store",
            "optuna.storages._rdb.storage",
        ]
    )
    # Here, where it finds these modules: tests work in other folders.
    forkserver.ensure_running()
    return context


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    return Workplace(tmp_path)


@pytest.fixture(scope="module")
def shared_place(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    return Workplace(tmp_path_factory.mktemp("place"))


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The test itself works in its own folder, without settings from outside."""
    monkeypatch.chdir(tmp_path)
    for key in ("MLFLOW_TRACKING_URI", "SPIKESWEEP_STORAGE", "SPIKESWEEP_OPTUNA"):
        monkeypatch.delenv(key, raising=False)
    yield tmp_path
