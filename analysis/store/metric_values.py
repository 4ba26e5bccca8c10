"""The metric values of many runs, read from MLflow in as few requests as possible."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from analysis.store import mlflow_internals
from analysis.store.tracking_store import no_collection

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

VALUES: Mapping[str, str] = {
    "run_id": "category",
    "metric": "category",
    "step": "int64",
    "timestamp": "int64",
    "value": "float64",
}
"""The columns of logged values, and their types; `timestamp` in ms since 1970, UTC."""

_RUNS_PER_QUESTION = 500
# What a server takes and gives at most.
_BULK = "/ajax-api/2.0/mlflow/metrics/get-history-bulk"
_RUNS_PER_REQUEST, _VALUES_PER_REQUEST = 100, 25_000
_AT_ONCE = 8  # questions to a store that must be asked for every run

Value = tuple[str, int, int, float]
Ask = Callable[[Sequence[str], str], list[Value]]


def read_values(
    client: MlflowClient, run_ids: Sequence[str], metrics: Sequence[str]
) -> pd.DataFrame:
    """Every logged value of these metrics in these runs, with the columns of `VALUES`.

    One row per value, in the order of the runs, the metrics, the steps and the timestamps.
    """
    ask, size = _way_to_ask(client)
    frames = []
    for metric in metrics:
        for start in range(0, len(run_ids), size):
            with no_collection():
                values = ask(run_ids[start : start + size], metric)
                frames.append(
                    pd.DataFrame(values, columns=["run_id", "step", "timestamp", "value"])
                )
            frames[-1]["metric"] = metric
    return in_order(pd.concat(frames) if frames else pd.DataFrame(), run_ids, metrics)


def in_order(values: pd.DataFrame, run_ids: Sequence[str], metrics: Sequence[str]) -> pd.DataFrame:
    """Logged values as `read_values` gives them, from rows in any order."""
    values = values.reindex(columns=list(VALUES))
    for name, known in (("run_id", run_ids), ("metric", metrics)):
        values[name] = pd.Categorical(values[name].astype("object"), categories=list(known))
    values = values.sort_values(list(VALUES), ignore_index=True)
    return values.astype({name: kind for name, kind in VALUES.items() if kind != "category"})


def _way_to_ask(client: MlflowClient) -> tuple[Ask, int]:
    """The fastest way to read from this kind of store, and how many runs a request takes.

    MLflow's own UI asks servers like that. A run at a time, ten thousand take minutes.
    """
    bulk_read = mlflow_internals.bulk_read(client)
    if bulk_read is not None:
        return partial(_of_tables, bulk_read), _RUNS_PER_QUESTION
    if mlflow_internals.is_server(client):
        return partial(_of_server, client), _RUNS_PER_REQUEST
    return partial(_run_by_run, client), _RUNS_PER_QUESTION


def _of_tables(read: mlflow_internals.BulkRead, run_ids: Sequence[str], metric: str) -> list[Value]:
    found = read(run_ids, metric, 2**31 - 1)
    return [(value.run_id, value.step, value.timestamp, value.value) for value in found]


def _of_server(client: MlflowClient, run_ids: Sequence[str], metric: str) -> list[Value]:
    most = _VALUES_PER_REQUEST
    asked = {"run_id": list(run_ids), "metric_key": metric, "max_results": most}
    answer = mlflow_internals.ask_server(client, _BULK, asked)
    if answer is None:
        return _run_by_run(client, run_ids, metric)
    found = answer["metrics"]
    if len(found) < most:
        return [(v["run_id"], v["step"], v["timestamp"], float(v["value"])) for v in found]
    if len(run_ids) == 1:
        return _run_by_run(client, run_ids, metric)
    half = len(run_ids) // 2
    parts = (run_ids[:half], run_ids[half:])
    return [value for part in parts for value in _of_server(client, part, metric)]


def _run_by_run(client: MlflowClient, run_ids: Sequence[str], metric: str) -> list[Value]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        histories = pool.map(lambda run_id: client.get_metric_history(run_id, metric), run_ids)
        return [
            (run_id, value.step, value.timestamp, value.value)
            for run_id, history in zip(run_ids, histories, strict=True)
            for value in history
        ]
