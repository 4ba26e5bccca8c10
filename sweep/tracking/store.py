"""Opens MLflow's tracking store, for reading and writing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from analysis.store import relocation
from analysis.store.mlflow_internals import first_artifacts
from analysis.store.schema import MLFLOW, is_database, look, prepare
from analysis.text import addresses
from sweep.host.environment import quiet_mlflow

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient


def open_store() -> MlflowClient:
    """A client of the store that MLflow's own variables name, or of `mlflow.db` here.

    Raises:
        SchemaError: The tables in its database are of another version.
        Exception: Whatever MLflow, its database or the network may throw.
    """
    quiet_mlflow()
    from mlflow.tracking import MlflowClient

    make_tables()
    with first_artifacts(addresses.artifact_address(Path(addresses.ARTIFACTS))):
        client = MlflowClient(store_uri())
        client.search_experiments(max_results=1)
    relocation.settle(store_uri())
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
    """Whether there is a store to read; MLflow itself would create an empty one.

    Raises:
        Exception: Whatever the database may throw.
    """
    uri = store_uri()
    return addresses.sqlite_path(uri) is None or look(uri, MLFLOW).holds_something


def address() -> str:
    """Where the store is, without user, password or options; files by their whole path."""
    return addresses.bare(store_uri())


def store_uri() -> str:
    """The store that MLflow's own variable names, or `mlflow.db` here."""
    return addresses.tracking_uri()
