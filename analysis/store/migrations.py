"""The tables of an installed library: their versions, and the SQL that makes the latest.

Alembic imports every step of a migration to tell the latest, which takes half a second. So the
versions are read from the texts of the steps.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from analysis.store import mlflow_internals

_ASSIGNED = re.compile(r"^(revision|down_revision)\b[^=\n]*=(.+)$", re.MULTILINE)

Steps = tuple[str, str]
"""Package and folder of a library's migrations."""


@cache
def revisions(steps: Steps) -> tuple[frozenset[str], frozenset[str]]:
    """The latest versions of the tables, and all, that the installed library knows."""
    package, folder = steps
    spec = find_spec(package)
    assert spec is not None and spec.origin is not None
    known, replaced = set[str](), set[str]()
    for file in (Path(spec.origin).parent / folder / "versions").glob("[!_]*.py"):
        told = {name: ast.literal_eval(value.strip()) for name, value in _assigned(file)}
        known.add(told["revision"])
        before = told["down_revision"] or ()
        replaced |= {before} if isinstance(before, str) else set(before)
    return frozenset(known - replaced), frozenset(known)


def _assigned(file: Path) -> list[tuple[str, str]]:
    return _ASSIGNED.findall(file.read_text(encoding="utf-8"))


@cache  # MLflow makes its tables in fifty steps, which take a second
def of_mlflow() -> tuple[str, ...]:
    """The SQL of MLflow's tables."""
    engine = mlflow_internals.database_in_memory()
    try:
        return _dump(engine.raw_connection())
    finally:
        engine.dispose()


@cache
def of_optuna() -> tuple[str, ...]:
    """The SQL of Optuna's tables."""
    from optuna.storages import RDBStorage

    storage = RDBStorage("sqlite://")
    try:
        return _dump(storage.engine.raw_connection())
    finally:
        storage.remove_session()
        storage.engine.dispose()


def _dump(connection: Any) -> tuple[str, ...]:
    """The SQL of a database in memory, without the lines of its transaction."""
    return tuple(connection.driver_connection.iterdump())[1:-1]
