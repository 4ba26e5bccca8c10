"""The tables of an installed library: their versions, and the SQL that makes the latest.

MLflow makes its tables in fifty steps, which take more than a second, and Alembic imports every
step to tell the latest. So the SQL of the versions that we know is kept in `tables/`, and the
versions are read from the texts of the steps. `python -m tests.reference` writes the SQL anew.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from analysis.store import mlflow_internals

_TABLES = Path(__file__).parent / "tables"
_ASSIGNED = re.compile(r"^(revision|down_revision)\b[^=\n]*=(.+)$", re.MULTILINE)
_BETWEEN = "\n\n"  # statements in a file

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


def kept(library: str, steps: Steps) -> Path:
    """The file for the SQL of the latest tables; there is one for versions that we know."""
    return _TABLES / f"{library}-{'-'.join(sorted(revisions(steps)[0]))}.sql"


def statements(library: str, steps: Steps, make: Callable[[], Sequence[str]]) -> Sequence[str]:
    """The SQL that makes the latest tables: kept, or else what the library does in memory."""
    file = kept(library, steps)
    return file.read_text(encoding="utf-8").split(_BETWEEN) if file.is_file() else make()


def as_text(sql: Sequence[str]) -> str:
    """What is kept of some SQL."""
    assert not any(_BETWEEN in statement for statement in sql)
    return _BETWEEN.join(sql)


@cache
def of_mlflow() -> tuple[str, ...]:
    """The SQL of MLflow's tables, as it makes them."""
    engine = mlflow_internals.database_in_memory()
    try:
        return _dump(engine.raw_connection())
    finally:
        engine.dispose()


@cache
def of_optuna() -> tuple[str, ...]:
    """The SQL of Optuna's tables, as it makes them; without its version, which it adds itself."""
    from optuna.storages import RDBStorage

    storage = RDBStorage("sqlite://")
    try:
        dump = _dump(storage.engine.raw_connection())
    finally:
        storage.remove_session()
        storage.engine.dispose()
    return tuple(line for line in dump if not line.startswith('INSERT INTO "version_info"'))


def _dump(connection: Any) -> tuple[str, ...]:
    """The SQL of a database in memory, without the lines of its transaction."""
    return tuple(connection.driver_connection.iterdump())[1:-1]
