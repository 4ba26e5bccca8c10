"""An MLflow store full of made-up sweeps, as the sweep would have written them, made in a minute.

Through MLflow's client ten thousand runs take an hour; here they go into its tables directly.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import sqlalchemy
from mlflow.store.tracking.dbmodels import models
from mlflow.tracking import MlflowClient

from analysis.records import EPOCH_METRICS, KIND_SWEEP, KIND_TRIAL, SEARCHABLE, State, Tag
from analysis.store.schema import MLFLOW, prepare
from snn.config import TrialConfig

START_MS = 1_750_000_000_000
_EPOCH_MS = 9_000
_CHUNK = 500  # runs in memory at a time
_SEEDS = 4
_NAME = "made-up-"

Row = dict[str, Any]


class Size(NamedTuple):
    """How much there is to be in a store."""

    runs: int
    epochs: int
    sweeps: int = 1


def fill(uri: str, size: Size) -> list[str]:
    """Write sweeps of finished trials, half of them pruned half-way; the names of the sweeps."""
    client = _opened(uri)
    names = [f"{_NAME}{number}" for number in range(size.sweeps)]
    engine = sqlalchemy.create_engine(uri)
    for number, name in enumerate(names):
        experiment = int(client.create_experiment(name))
        parent = _id("sweep", name)
        runs = range(number * size.runs // size.sweeps, (number + 1) * size.runs // size.sweeps)
        with engine.begin() as connection:
            _insert(connection, [_sweep(name, parent, experiment)])
        for start in range(runs.start, runs.stop, _CHUNK):
            part = range(start, min(start + _CHUNK, runs.stop))
            trials = [_trial(name, parent, experiment, n, size.epochs) for n in part]
            with engine.begin() as connection:
                _insert(connection, trials)
    engine.dispose()
    return names


def sweeps_in(uri: str) -> list[str]:
    """The sweeps that a store holds already."""
    experiments = _opened(uri).search_experiments(filter_string=f"name LIKE '{_NAME}%'")
    return sorted(experiment.name for experiment in experiments)


def _opened(uri: str) -> MlflowClient:
    """A client of a store, which is made if it is not there."""
    prepare(uri, MLFLOW)
    return MlflowClient(uri)


class _Run(NamedTuple):
    run: Row
    params: Row
    tags: Row
    metrics: list[Row]


def _insert(connection: sqlalchemy.Connection, runs: Sequence[_Run]) -> None:
    connection.execute(sqlalchemy.insert(models.SqlRun.__table__), [run.run for run in runs])
    tables: list[tuple[Any, list[Row]]] = [
        (models.SqlParam, [row for run in runs for row in _pairs(run, run.params)]),
        (models.SqlTag, [row for run in runs for row in _pairs(run, run.tags)]),
        (models.SqlMetric, [row for run in runs for row in run.metrics]),
        (models.SqlLatestMetric, [row for run in runs for row in _latest(run.metrics)]),
    ]
    for model, rows in tables:
        if rows:
            connection.execute(sqlalchemy.insert(model.__table__), rows)


def _pairs(run: _Run, values: Row) -> Iterator[Row]:
    for key, value in values.items():
        yield {"run_uuid": run.run["run_uuid"], "key": key, "value": str(value)}


def _latest(metrics: Sequence[Row]) -> list[Row]:
    return list({row["key"]: row for row in metrics}.values())  # they are in order


def _sweep(name: str, run_id: str, experiment: int) -> _Run:
    tags = {Tag.KIND: KIND_SWEEP, Tag.SWEEP: name, Tag.TRIAL: f"{name}/1", Tag.STATE: State.DONE}
    tags["mlflow.runName"] = f"{name} 1"
    return _Run(_run(run_id, f"{name} 1", experiment, START_MS, 1000, "FINISHED"), {}, tags, [])


def _trial(name: str, parent: str, experiment: int, number: int, epochs: int) -> _Run:
    chance = random.Random(number)
    lr = 10 ** random.Random(number // _SEEDS).uniform(-4, -2)
    given = {"lr": lr, "seed": number % _SEEDS, "epochs": epochs, "hidden": 32 + 32 * (number % 7)}
    config = TrialConfig.parse(given | {"dynamics": ("lif", "alif")[number % 2]})
    done = number % 4 > 0
    run_id, start = _id("trial", str(number)), START_MS + 1000 * number
    last = epochs if done else max(1, epochs // 2)
    tags = {
        Tag.PARENT: parent,
        Tag.KIND: KIND_TRIAL,
        Tag.SWEEP: name,
        Tag.TRIAL: f"{name}/1/{config.config_id}",
        Tag.CONFIG_ID: config.config_id,
        Tag.GROUP_ID: config.group_id,
        Tag.STATE: State.DONE if done else State.PRUNED,
        Tag.DATA_SHA256: hashlib.sha256(b"data").hexdigest(),
        Tag.GIT_SHA: "0123456789ab",
        Tag.NODE: "node",
        Tag.BACKEND: "cpu",
        Tag.CHECKPOINT: f"/sweeps/{name}/1/trials/{config.config_id}/best.pt",
        "mlflow.runName": f"lif latency 128 seed {number % _SEEDS} {config.config_id[:6]}",
        "mlflow.user": "user",
    }
    metrics = [
        _metric(run_id, key, chance.random(), start + _EPOCH_MS * epoch, epoch)
        for epoch in range(1, last + 1)
        for key in EPOCH_METRICS
    ]
    end = start + _EPOCH_MS * last + 100
    if done:
        final = ["test_accuracy", "test_loss", "best_epoch", *(f"best_{key}" for key in SEARCHABLE)]
        metrics += [_metric(run_id, key, chance.random(), end, last) for key in final]
    status = "FINISHED" if done else "KILLED"
    run = _run(run_id, tags["mlflow.runName"], experiment, start, end - start, status)
    return _Run(run, config.params(), tags, metrics)


def _run(run_id: str, name: str, experiment: int, start: int, duration_ms: int, status: str) -> Row:
    return {
        "run_uuid": run_id,
        "name": name,
        "source_type": "UNKNOWN",
        "source_name": "",
        "entry_point_name": "",
        "user_id": "user",
        "status": status,
        "start_time": start,
        "end_time": start + duration_ms,
        "source_version": "",
        "lifecycle_stage": "active",
        "artifact_uri": f"mlruns/{experiment}/{run_id}/artifacts",
        "experiment_id": experiment,
    }


def _metric(run_id: str, key: str, value: float, timestamp: int, step: int) -> Row:
    names = ("run_uuid", "key", "value", "timestamp", "step", "is_nan")
    return dict(zip(names, (run_id, key, value, timestamp, step, False), strict=True))


def _id(*parts: str) -> str:
    return hashlib.md5(" ".join(parts).encode(), usedforsecurity=False).hexdigest()
