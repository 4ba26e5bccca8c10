"""The metrics of every epoch: from a store, however it is asked, and from a file the same."""

from __future__ import annotations

import math
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from requests.compat import has_simplejson

from analysis.data.history import load_history
from analysis.data.runs import load_runs
from analysis.errors import AnalysisError
from analysis.records import State
from analysis.run_files.exporting import export_runs
from analysis.store import metric_values


@pytest.fixture
def two(store: Any) -> list[str]:
    """Two trials: the later one is shorter, and knows nothing of beta."""
    runs = [store.trial("s", "a-0", test_accuracy=0.5), store.trial("s", "b-0", State.PRUNED)]
    for epoch in (1, 2, 3):
        store.epoch(runs[0], epoch, val_accuracy=epoch / 10, beta_mean=float(epoch))
    store.epoch(runs[1], 1, val_accuracy=math.nan)
    store.epoch(runs[1], 2, val_accuracy=0.7)
    return runs


def test_a_run_and_epoch_is_a_row(two: list[str]) -> None:
    history = load_history(["s"], ["val_accuracy", "beta_mean"])
    assert list(history.columns) == ["run_id", "epoch", "val_accuracy", "beta_mean"]
    assert [str(kind) for kind in history.dtypes] == ["str", "int64", "float64", "float64"]
    assert list(history["run_id"]) == [two[0]] * 3 + [two[1]] * 2
    assert list(history["epoch"]) == [1, 2, 3, 1, 2]
    assert history["val_accuracy"].tolist()[:3] == [0.1, 0.2, 0.3]
    assert math.isnan(history.loc[3, "val_accuracy"])
    assert history.loc[4, "val_accuracy"] == 0.7
    assert list(history["beta_mean"].isna()) == [False] * 3 + [True] * 2


def test_only_the_runs_that_are_asked_for_in_their_order(two: list[str]) -> None:
    history = load_history(["s"], ["val_accuracy"], run_ids=reversed(two))
    assert list(history["run_id"]) == [two[1]] * 2 + [two[0]] * 3
    assert list(load_history(["s"], ["val_accuracy"], run_ids=two[1:])["run_id"]) == [two[1]] * 2
    nothing = load_history(["s"], ["val_accuracy"], run_ids=[])
    assert nothing.empty
    assert list(nothing.columns) == ["run_id", "epoch", "val_accuracy"]


def test_of_an_epoch_that_was_logged_twice_the_later_counts(store: Any) -> None:
    run = store.trial("s", "a-0")
    store.client.log_metric(run, "val_loss", 1.0, timestamp=2000, step=1)
    store.client.log_metric(run, "val_loss", 2.0, timestamp=1000, step=1)
    assert load_history(["s"], ["val_loss"])["val_loss"].tolist() == [1.0]


def test_a_metric_that_no_run_has_is_missing_or_a_mistake(two: list[str]) -> None:
    assert load_history(["s"], ["val_loss", "val_accuracy"])["val_loss"].isna().all()
    with pytest.raises(AnalysisError, match="the runs have no metric 'val_acuracy'"):
        load_history(["s"], ["val_acuracy"])


def test_a_file_has_the_same_history(two: list[str]) -> None:
    metrics = ["val_accuracy", "beta_mean", "val_loss"]
    export_runs(["s"], "s.parquet")
    pd.testing.assert_frame_equal(
        load_history(["s.parquet"], metrics), load_history(["s"], metrics), check_exact=True
    )


def test_a_file_and_a_store_are_put_together(two: list[str], store: Any) -> None:
    export_runs(["s"], "s.parquet")
    other = store.trial("other", "c-0")
    store.epoch(other, 1, val_accuracy=0.9)
    history = load_history(["s.parquet", "other"], ["val_accuracy"])
    assert list(history["run_id"]) == [two[0]] * 3 + [two[1]] * 2 + [other]
    assert len(load_history(["s.parquet", "s"], ["val_accuracy"])) == 5


def test_no_store_is_needed_for_a_file(
    two: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_runs(["s"], "s.parquet")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert len(load_history(["../s.parquet"], ["val_accuracy"])) == 5
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize("size", [1, 2, 3])
def test_many_questions_find_the_same_as_one(
    two: list[str], monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    whole = load_history(["s"], ["val_accuracy", "beta_mean"])
    monkeypatch.setattr(metric_values, "_RUNS_PER_QUESTION", size)
    parts = load_history(["s"], ["val_accuracy", "beta_mean"])
    pd.testing.assert_frame_equal(parts, whole, check_exact=True)


@pytest.fixture
def server(store: Any, two: list[str]) -> Iterator[str]:
    """An MLflow server on the store."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store.uri]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with open("server.log", "w") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env=environment, start_new_session=True
        )
    try:
        end = time.monotonic() + 120
        while not _answers(address):
            assert process.poll() is None and time.monotonic() < end, Path("server.log").read_text()
            time.sleep(0.2)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def test_a_server_gives_the_same_as_its_tables(
    server: str, two: list[str], store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert has_simplejson, "requests prefers it, and it does not read the NaN of a metric"
    metrics = ["val_accuracy", "beta_mean"]
    for most in (25_000, 4, 2):  # values an answer: the rest is asked for again
        monkeypatch.setattr(metric_values, "_VALUES_PER_REQUEST", most)
        by_http = load_history(["s"], metrics, tracking_uri=server)
        pd.testing.assert_frame_equal(by_http, load_history(["s"], metrics), check_exact=True)
    monkeypatch.setattr(metric_values, "_BULK", "/ajax-api/2.0/mlflow/metrics/not-there")
    by_run = load_history(["s"], metrics, tracking_uri=server)
    pd.testing.assert_frame_equal(by_run, load_history(["s"], metrics), check_exact=True)
    assert len(load_runs(["s"], server)) == 2
