"""A local MLflow store that was copied or moved: its absolute addresses are translated.

MLflow notes absolute addresses. Where a store was made stands in it: MLflow gives the first
experiment the folder `mlruns` of that place. If the store is elsewhere now, what it has of that
place is meant relative to it. Who reads the store takes its addresses so; who writes to it rewrites
them first, so that MLflow itself finds everything, too.
"""

from __future__ import annotations

import errno
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from analysis.records import Tag
from analysis.text.addresses import ARTIFACTS, artifact_address, local_path, sqlite_path

_WAIT_S = 60.0  # for others that write to the store
_ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


@dataclass(frozen=True)
class Move:
    """The old and the new place of a store.

    Attributes:
        before: The folder that its addresses name.
        now: The folder that it is in.
        copied: Whether a store is still in the folder before, which has its files to itself.
    """

    before: Path
    now: Path
    copied: bool

    def path(self, noted: Path) -> Path:
        """Where a file is whose path was noted at the place before.

        What is only there still, such as artifacts that never were beside their store, stays.
        """
        if not noted.is_relative_to(self.before):
            return noted
        inside = noted.relative_to(self.before)
        top = Path(*inside.parts[:2])  # such as mlruns/1 and ray_results/NAME: they move as one
        stays = (self.before / top).exists() and not (self.now / top).exists()
        return noted if stays and not self.copied else self.now / inside

    def address(self, noted: str) -> str:
        """The same for an address of MLflow's."""
        path = local_path(noted)
        return noted if path is None else artifact_address(self.path(path))


def move_of(uri: str) -> Move | None:
    """The move of a store; None where it is where it was made, or is not a SQLite file."""
    database = sqlite_path(uri)
    if database is None or not database.is_file():
        return None
    first = _first_experiment(database)
    noted = local_path(first[0] or "") if first else None
    if noted is None or noted.parent.name != ARTIFACTS:
        return None
    before, now = noted.parent.parent, database.parent
    original = before / database.name
    if before.resolve() == now.resolve() or (original.exists() and original.samefile(database)):
        return None
    # Only copies have the same time: another store may have been made in that folder, too.
    return Move(before, now, copied=original.is_file() and _first_experiment(original) == first)


def _first_experiment(database: Path) -> tuple[str | None, int | None] | None:
    """Where its artifacts go and when it was made, which is when the store was."""
    query = "SELECT artifact_location, creation_time FROM experiments ORDER BY experiment_id"
    try:
        with closing(_open(database, "ro")) as connection:
            found: tuple[str | None, int | None] | None = connection.execute(query).fetchone()
    except sqlite3.Error:  # who opens it with MLflow will say what is wrong with it
        return None
    return found


def settle(uri: str) -> None:
    """Rewrite the addresses of a store that has moved.

    Raises:
        OSError: It cannot be written.
    """
    move, database = move_of(uri), sqlite_path(uri)
    if move is None or database is None:
        return
    try:
        with closing(_open(database, "rw")) as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            for table, column in _ADDRESSES:
                _rewrite(connection, move, table, column)
            _rewrite_checkpoints(connection, move)
    except sqlite3.Error as error:
        reason = f"came from {move.before}, and its addresses cannot be rewritten: {error}"
        raise OSError(errno.EIO, reason, str(database)) from None


def _rewrite(connection: sqlite3.Connection, move: Move, table: str, column: str) -> None:
    noted = connection.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall()
    changes = [(move.address(old), old) for (old,) in noted if old and move.address(old) != old]
    connection.executemany(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", changes)


def _rewrite_checkpoints(connection: sqlite3.Connection, move: Move) -> None:
    key = Tag.CHECKPOINT
    noted = connection.execute("SELECT DISTINCT value FROM tags WHERE key = ?", (key,)).fetchall()
    moved = ((str(move.path(Path(old))), old) for (old,) in noted if old)
    changes = [(new, key, old) for new, old in moved if new != old]
    connection.executemany("UPDATE tags SET value = ? WHERE key = ? AND value = ?", changes)


def _open(database: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{database.as_uri()}?mode={mode}", uri=True, timeout=_WAIT_S, isolation_level=None
    )
