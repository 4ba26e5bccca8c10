"""The store is opened for reading only, quietly, and what is wrong with it comes in one line."""

from __future__ import annotations

import logging
import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from analysis.data.runs import list_sweeps, load_runs
from analysis.errors import AnalysisError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


@pytest.mark.parametrize("uri", [None, "sqlite:///sub/other.db", "file:mlruns", "mlruns"])
def test_a_store_that_is_not_there_is_not_created(here: Path, uri: str | None) -> None:
    for read in (lambda: load_runs(["s"], uri), lambda: list_sweeps(uri)):
        with pytest.raises(AnalysisError, match=r"^no sweep here yet"):
            read()
    assert not list(here.iterdir())


def test_a_database_of_something_else_is_left_as_it_is(here: Path) -> None:
    path = here / "optuna.db"
    connection = sqlite3.connect(path)
    connection.execute("create table studies (id integer)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(AnalysisError, match="holds no MLflow runs"):
        list_sweeps(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_one_line(here: Path) -> None:
    (here / "mlflow.db").write_text("this is a note, not a database" * 100)
    with pytest.raises(AnalysisError) as raised:
        list_sweeps()
    assert "file is not a database" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_server_that_does_not_answer_is_one_line_without_the_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(AnalysisError) as raised:
        list_sweeps(f"http://ann:secret@127.0.0.1:{port}")
    text = str(raised.value)
    assert f"http://ann:***@127.0.0.1:{port}" in text
    assert "secret" not in text
    assert "\n" not in text


def test_an_unknown_kind_of_store_is_one_line() -> None:
    with pytest.raises(AnalysisError, match="cannot read the runs at nowhere://x") as raised:
        list_sweeps("nowhere://x")
    assert "\n" not in str(raised.value)


def test_reading_leaves_log_levels_and_environment_alone(store: Any) -> None:
    store.trial("s", "a-0")
    environment = dict(os.environ)
    levels = [logging.getLogger(name).level for name in ("mlflow", "alembic")]
    load_runs(["s"], store.uri)
    assert [logging.getLogger(name).level for name in ("mlflow", "alembic")] == levels
    assert dict(os.environ) == environment


READ = """
import sys
import analysis
heavy = {"pandas", "matplotlib", "mlflow"} & set(sys.modules)
assert not heavy, heavy
runs = analysis.load_runs(["s"])
analysis.summarise(runs)
analysis.accuracy_bars(runs)
heavy = {"torch", "ray", "snn", "matplotlib.pyplot"} & set(sys.modules)
assert not heavy, heavy
print(len(runs))
"""


def test_reading_is_silent_and_imports_neither_torch_nor_ray(store: Any) -> None:
    store.trial("s", "a-0", best_val_accuracy=0.9, test_accuracy=0.9)
    done = subprocess.run([sys.executable, "-c", READ], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
