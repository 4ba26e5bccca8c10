"""MLflow's tracking store, opened by whoever writes to it or asks it."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from sweep.schema import MLFLOW, is_database, look, prepare

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

_SQLITE = "sqlite:///"


def open_store() -> MlflowClient:
    """A client of the store that MLflow's own variables name, or of `mlflow.db` here.

    Raises:
        SchemaError: The tables in its database are of another version.
        Exception: Whatever MLflow, its database or the network may throw.
    """
    quiet_mlflow()
    from mlflow.tracking import MlflowClient

    make_tables()
    client = MlflowClient()
    client.search_experiments(max_results=1)
    return client


def make_tables() -> None:
    """Make the tables of the store if it is a file that has none, and check those of another.

    Raises:
        SchemaError: They are of another version.
        Exception: Whatever the database may throw.
    """
    if is_database(store_uri()):
        prepare(store_uri(), MLFLOW)


def store_exists() -> bool:
    """Whether there is anything to read: asking MLflow would create an empty store.

    Raises:
        Exception: Whatever the database may throw.
    """
    uri = store_uri()
    return not uri.startswith(_SQLITE) or look(uri, MLFLOW).holds_something


def address() -> str:
    """Where the store is, without user, password or options; files by their whole path."""
    uri = store_uri()
    if uri.startswith(_SQLITE):
        return f"{_SQLITE}{Path(uri.removeprefix(_SQLITE)).absolute()}"
    if "://" not in uri:
        return str(Path(uri).absolute())
    parts = urlsplit(uri)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))


def quiet_mlflow() -> None:
    """Keep MLflow's own news (schema migrations, retries) from the user's terminal.

    Called before MLflow is imported: it reads these variables then.
    """
    for name, value in {
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",  # the outbox retries, and looks before it does
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_LOGGING_LEVEL": "ERROR",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # that is for results
        "GIT_PYTHON_REFRESH": "quiet",
    }.items():
        os.environ.setdefault(name, value)
    for logger in ("mlflow", "alembic", "urllib3", "sqlalchemy"):
        logging.getLogger(logger).setLevel(logging.ERROR)


def store_uri() -> str:
    """The store that MLflow's own variable names, or `mlflow.db` here."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"{_SQLITE}mlflow.db"
