"""What we need of MLflow beside its public interface: all of it stands here.

Checked with MLflow 3.17. If a new version moves one of these names, change this file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient
    from sqlalchemy import Engine

MIGRATIONS = ("mlflow.store.db_migrations", "")
"""Package and folder of the migrations of MLflow's tables."""

BulkRead = Callable[[Sequence[str], str, int], list[Any]]
"""From ids of runs, the name of a metric and the greatest number of values: the values."""


def is_database_scheme(scheme: str) -> bool:
    """Whether MLflow takes addresses of this scheme (`sqlite`, …) for those of a database."""
    from mlflow.store.db.db_types import DATABASE_ENGINES

    return scheme in DATABASE_ENGINES


def database_in_memory() -> Engine:
    """A SQLite database in memory with all tables of MLflow."""
    from mlflow.store.db.utils import _initialize_tables, create_sqlalchemy_engine

    engine: Engine = create_sqlalchemy_engine("sqlite://")  # type: ignore[no-untyped-call]
    _initialize_tables(engine)  # type: ignore[no-untyped-call]
    return engine


@contextmanager
def first_artifacts(address: str) -> Iterator[None]:
    """Let the first experiment of a store that MLflow makes meanwhile keep its artifacts there.

    By itself, MLflow takes the path of the working folder for an address, and decodes it: it cannot
    open a store in a folder such as `what?/%2Fa[1]`.
    """
    name = "_MLFLOW_SERVER_ARTIFACT_ROOT"
    given = os.environ.get(name)
    os.environ.setdefault(name, address)
    try:
        yield
    finally:
        if given is None:
            os.environ.pop(name, None)


def bulk_read(client: MlflowClient) -> BulkRead | None:
    """How a metric of many runs is read at once; None: the store cannot."""
    store: Any = client._tracking_client.store
    read: BulkRead | None = getattr(store, "get_metric_history_bulk", None)
    return read


def is_server(client: MlflowClient) -> bool:
    """Whether the store is a server."""
    return hasattr(client._tracking_client.store, "get_host_creds")


def ask_server(client: MlflowClient, path: str, params: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the server of a client answers to a GET, with the client's own credentials.

    None if it does not know the path: a server of another make.

    Raises:
        MlflowException: The server refuses, or does not answer.
    """
    from mlflow.utils.rest_utils import http_request, verify_rest_response

    credentials = client._tracking_client.store.get_host_creds()
    response = http_request(credentials, path, "GET", params=params)  # type: ignore[no-untyped-call]
    if response.status_code == 404:
        return None
    # Not `response.json()`: where simplejson is installed it refuses NaN, which a metric may be.
    answer: dict[str, Any] = json.loads(verify_rest_response(response, path).text)
    return answer


def delete_artifact(address: str, name: str) -> None:
    """Delete a file among the artifacts of a run, wherever these are; nothing if it is not there.

    Args:
        address: Of the artifacts of the run.
        name: Of the file.

    Raises:
        Exception: Whatever the store of the artifacts may throw.
    """
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    repository = get_artifact_repository(address)
    if any(found.path == name for found in repository.list_artifacts()):
        repository.delete_artifacts(name)  # type: ignore[no-untyped-call]
