"""MLflow's tracking store, opened by whoever writes to it or asks it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from analysis import addresses, relocation
from sweep import environment, locks

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient


def open_store() -> MlflowClient:
    """A client of the store that MLflow's own variables name, or of `mlflow.db` here.

    Raises:
        Exception: Whatever MLflow, its database or the network may throw.
    """
    quiet_mlflow()
    from mlflow.tracking import MlflowClient

    with _alone():
        client = MlflowClient(store_uri())
        client.search_experiments(max_results=1)
        relocation.settle(store_uri())
    return client


def store_exists() -> bool:
    """Whether there is anything to read: asking MLflow would create an empty store."""
    file = addresses.sqlite_path(store_uri())
    return file is None or file.exists()


def address() -> str:
    """Where the store is, without user, password or options; files by their whole path."""
    return addresses.bare(store_uri())


def quiet_mlflow() -> None:
    """Keep MLflow's own news (schema migrations, retries) from the user's terminal.

    Called before MLflow is imported: it reads these variables then.
    """
    for name, value in {**environment.MLFLOW_SET, **environment.DELIVERING}.items():
        os.environ.setdefault(name, value)
    for logger in environment.CHATTY:
        logging.getLogger(logger).setLevel(logging.ERROR)


@contextmanager
def _alone() -> Iterator[None]:
    """Let nobody else of this machine make the tables of a SQLite file at the same time.

    MLflow makes them by a hundred migrations; two processes in the middle of them leave a file
    that neither can use. The folder is locked, so that no file of a lock's is left in it.
    """
    file = addresses.sqlite_path(store_uri())
    if file is None or not file.parent.is_dir():
        yield
        return
    with locks.awaited(file.parent):
        yield


def store_uri() -> str:
    """The store that MLflow's own variable names, or `mlflow.db` here."""
    return addresses.tracking_uri()
