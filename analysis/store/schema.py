"""The tables of MLflow and of Optuna in a database: made whole or not at all.

Both libraries make their tables in many steps, and SQLite keeps each step at once. A process that
is killed in between leaves a file that nobody can use. So the tables are made in memory first, and
written to the file in one transaction: a kill leaves no tables, or all of them.

Servers of databases are left to the libraries: there, a step that was broken off is undone.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from analysis.errors import SchemaError
from analysis.store import migrations, mlflow_internals, optuna_internals
from analysis.store.migrations import Steps, revisions
from analysis.text.addresses import bare, sqlite_path

if TYPE_CHECKING:
    from sqlalchemy import Connection

_DATABASES = ("mssql", "mysql", "postgresql", "sqlite")
_WAIT_S = 60  # for another process that writes
_STILL_S = 5.0  # tables that do not change for so long are not being made any more


class TableState(Enum):
    """What a database holds of a library's tables."""

    EMPTY = "none"
    UNFINISHED = "some, and nothing in them"
    WHOLE = "all"
    OLDER = "those of an older version, or of an upgrade that was broken off"
    NEWER = "those of a newer version"

    @property
    def holds_something(self) -> bool:
        """Whether there is anything to read."""
        return self not in (TableState.EMPTY, TableState.UNFINISHED)


@dataclass(frozen=True)
class Schema:
    """The tables of one library.

    Attributes:
        library: Its name on PyPI.
        title: Its name in messages.
        first: Tables that it makes first: a database without them has none of its tables.
        rows: How many rows its tables have from the start, where that is not 0.
        steps: Its migrations.
        statements: Gives the SQL that makes all tables.
        upgrade: The command that upgrades the tables; an address follows.
    """

    library: str
    title: str
    first: frozenset[str]
    rows: Mapping[str, int]
    steps: Steps
    statements: Callable[[], Sequence[str]]
    upgrade: str


def is_database(uri: str) -> bool:
    """Whether this is the address of a database, and not of a folder or a server of MLflow's."""
    return urlsplit(uri).scheme.partition("+")[0] in _DATABASES


def look(uri: str, schema: Schema) -> TableState:
    """What a database holds; a file that is not there is not made.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database cannot be read.
        ImportError: Its driver is not installed.
    """
    file = sqlite_path(uri)
    if file is not None and not file.is_file():
        return TableState.EMPTY
    with _connected(uri) as connection:
        return _state(connection, schema)


def prepare(uri: str, schema: Schema) -> None:
    """Make the tables in a file of SQLite if it has none; check those that are there.

    Tables that were left unfinished are made anew if nothing is in them.

    Raises:
        SchemaError: They are of another version.
        sqlalchemy.exc.SQLAlchemyError: The database cannot be read or written.
        ImportError: Its driver is not installed.
    """
    in_file = sqlite_path(uri) is not None
    if not in_file and uri.startswith("sqlite"):  # in memory: the library makes them there
        return
    with _connected(uri) as connection:
        found = _state(connection, schema)
        while in_file and not found.holds_something:
            if found is TableState.UNFINISHED:
                found = _wait_while_it_changes(connection, schema)
            if not found.holds_something:
                found = _make(connection, schema, found)
    require(found, uri, schema)


def require(found: TableState, uri: str, schema: Schema) -> None:
    """Refuse the tables of another version.

    Raises:
        SchemaError: With what to do.
    """
    place = bare(uri)
    if found is TableState.OLDER:
        raise SchemaError(
            f"{place} has the tables of an older {schema.title}, or of an upgrade that was broken "
            f"off; keep a copy of it, then: {schema.upgrade} {shlex.quote(place)}"
        )
    if found is TableState.NEWER:
        raise SchemaError(
            f"{place} has the tables of a newer {schema.title} than {version(schema.library)}, "
            f"which is installed; pip install --upgrade {schema.library}, or name another database"
        )


@contextmanager
def _connected(uri: str) -> Iterator[Connection]:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    options: dict[str, Any] = {"poolclass": NullPool, "isolation_level": "AUTOCOMMIT"}
    if sqlite_path(uri) is not None:
        options["connect_args"] = {"timeout": _WAIT_S}
    engine = create_engine(uri, **options)
    with engine.connect() as connection:
        yield connection


def _state(connection: Connection, schema: Schema) -> TableState:
    from sqlalchemy import inspect

    tables = inspect(connection).get_table_names()
    if not schema.first & set(tables):
        return TableState.EMPTY
    heads, known = revisions(schema.steps)
    revision = _revision(connection) if "alembic_version" in tables else None
    if revision in heads:
        return TableState.WHOLE
    if revision and revision not in known:
        return TableState.NEWER
    if all(_is_blank(connection, table, schema.rows.get(table, 0)) for table in tables):
        return TableState.UNFINISHED
    return TableState.OLDER


def _revision(connection: Connection) -> str | None:
    found: str | None = connection.exec_driver_sql(
        "SELECT version_num FROM alembic_version"
    ).scalar()
    return found


def _is_blank(connection: Connection, table: str, rows: int) -> bool:
    """Whether a table has only the rows that it has from the start, or is gone by now.

    Another tool may be making tables: nothing is locked here, as that would hold it up.
    """
    if table == "alembic_version":
        return True
    from sqlalchemy import func, inspect, select, text
    from sqlalchemy.exc import OperationalError
    from sqlalchemy.sql.expression import table as named

    few = select(text("1")).select_from(named(table)).limit(rows + 1).subquery()
    try:
        return connection.execute(select(func.count()).select_from(few)).scalar_one() <= rows
    except OperationalError:
        if inspect(connection).has_table(table):
            raise
        return True


def _wait_while_it_changes(connection: Connection, schema: Schema) -> TableState:
    """Let a living process of another tool, such as `mlflow server`, make its tables."""
    before, since = None, time.monotonic()
    while time.monotonic() - since < _STILL_S:
        changes = connection.exec_driver_sql("PRAGMA schema_version").scalar()
        if changes != before:
            before, since = changes, time.monotonic()
        elif (found := _state(connection, schema)) is not TableState.UNFINISHED:
            return found
        time.sleep(0.2)
    return _state(connection, schema)


def _make(connection: Connection, schema: Schema, before: TableState) -> TableState:
    """Write all tables in one transaction, unless another process has begun; what there is now."""
    statements = schema.statements()
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    found = _state(connection, schema)
    if found is before:
        if found is TableState.UNFINISHED:
            _drop_all(connection)
        for statement in statements:
            connection.exec_driver_sql(statement)
        found = TableState.WHOLE
    connection.exec_driver_sql("COMMIT")
    return found


def _drop_all(connection: Connection) -> None:
    from sqlalchemy import inspect

    quote = connection.dialect.identifier_preparer.quote_identifier
    for table in inspect(connection).get_table_names():
        connection.exec_driver_sql(f"DROP TABLE {quote(table)}")


MLFLOW = Schema(
    library="mlflow",
    title="MLflow",
    first=frozenset({"experiments", "runs"}),
    rows={"experiments": 1, "workspaces": 1},
    steps=mlflow_internals.MIGRATIONS,
    statements=migrations.of_mlflow,
    upgrade="mlflow db upgrade",
)
OPTUNA = Schema(
    library="optuna",
    title="Optuna",
    first=frozenset({"studies", "version_info"}),
    rows={"version_info": 1},
    steps=optuna_internals.MIGRATIONS,
    statements=migrations.of_optuna,
    upgrade="optuna storage upgrade --storage",
)
