"""A working directory of its own for every test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sweep.cluster import connection
from sweep.spec.specification import Resources
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
