"""A real MLflow store, written as the sweep writes it; and tables of runs without one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from mlflow.entities import Metric, Param, RunTag
from mlflow.tracking import MlflowClient

from analysis.data.runs import METRICS
from analysis.records import KIND_SWEEP, KIND_TRIAL, MLFLOW_STATUS, State, Tag
from analysis.store.schema import MLFLOW, prepare
from analysis.text.addresses import sqlite_url

START = 1_750_000_000_000


@dataclass
class Store:
    """Writes sweeps and trials; every run begins a minute after the one before."""

    uri: str
    client: MlflowClient
    written: int = 0
    parents: dict[str, str] = field(default_factory=dict)

    def sweep(self, name: str) -> str:
        known = self.client.get_experiment_by_name(name)
        experiment = known.experiment_id if known else self.client.create_experiment(name)
        tags = {Tag.KIND: KIND_SWEEP, Tag.SWEEP: name}
        run = self.client.create_run(experiment, self._now(), tags)
        self.parents[name] = run.info.run_id
        return experiment

    def trial(
        self,
        sweep: str,
        config_id: str,
        state: str = State.DONE,
        params: Mapping[str, object] | None = None,
        seconds: float = 30.0,
        tags: Mapping[str, str] | None = None,
        **metrics: float,
    ) -> str:
        known = self.client.get_experiment_by_name(sweep) if sweep in self.parents else None
        experiment = known.experiment_id if known else self.sweep(sweep)
        start = self._now()
        run = self.client.create_run(experiment, start, {Tag.KIND: KIND_TRIAL, **(tags or {})})
        run_id = run.info.run_id
        told = {
            Tag.PARENT: self.parents[sweep],
            Tag.SWEEP: sweep,
            Tag.CONFIG_ID: config_id,
            Tag.GROUP_ID: config_id.split("-")[0],
            Tag.STATE: state,
        }
        self.client.log_batch(
            run_id,
            metrics=[Metric(name, value, start, 1) for name, value in metrics.items()],
            params=[Param(name, str(value)) for name, value in (params or {}).items()],
            tags=[RunTag(name, value) for name, value in told.items()],
        )
        if state != State.RUNNING:
            end = start + int(seconds * 1000)
            self.client.set_terminated(run_id, MLFLOW_STATUS[state], end)
        return run_id

    def end(self, sweep: str) -> None:
        """End a sweep, but for trials of it that may still run."""
        self.client.set_tag(self.parents[sweep], Tag.STATE, State.DONE)
        self.client.set_terminated(self.parents[sweep], end_time=self._now())

    def epoch(self, run_id: str, step: int, **metrics: float) -> None:
        logged = [Metric(name, value, START, step) for name, value in metrics.items()]
        self.client.log_batch(run_id, metrics=logged)

    def _now(self) -> int:
        self.written += 1
        return START + 60_000 * self.written


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It is copied for each test, as MLflow makes no table where all are."""
    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    prepare(sqlite_url(path), MLFLOW)
    MlflowClient(f"sqlite:///{path}").search_experiments()  # makes the first experiment
    return path


@pytest.fixture
def store(empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store of its own, which is MLflow's default in the working directory."""
    return copy_of(empty_store, tmp_path, monkeypatch)


def copy_of(written: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A copy of a store in a folder that becomes the working directory."""
    shutil.copy(written, folder / "mlflow.db")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    return Store(uri, MlflowClient(uri))


def make_runs(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """A table of runs as `load_runs` gives it; a row states what matters, `group` among it."""
    full = []
    for number, row in enumerate(rows):
        given = dict(row)
        group = given.pop("group")
        seed = given.setdefault("seed", number)
        validation = given.setdefault("best_val_accuracy", 0.5)
        start = pd.Timestamp(START + number, unit="ms", tz="UTC")
        full.append(
            {
                "run_id": f"run{number}",
                "sweep": "s",
                "config_id": f"{group}-{seed}",
                "group_id": group,
                "state": State.DONE,
                "error": None,
                "reused_from": None,
                "start": start,
                "duration_s": 1.0,
                "test_accuracy": validation,
                **given,
            }
        )
    frame = pd.DataFrame(full)
    params = [name for name in frame.columns if name not in METRICS]
    metrics = frame.reindex(columns=list(METRICS)).astype("float64")
    return pd.concat([frame[params], metrics], axis="columns")


@pytest.fixture(scope="session")
def runs_of() -> Callable[[list[dict[str, Any]]], pd.DataFrame]:
    return make_runs
