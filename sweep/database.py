"""The database of the Optuna studies: opened by its URL, and waited for while it is away.

A server that is restarted in the middle of a sweep costs the sweep nothing but the wait: the trials
go on, and what they report is kept until it can be written.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from typing import Any

from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError
from optuna.storages import BaseStorage, RDBStorage, get_storage
from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
)

_SQLITE_WAIT_S = 60
_LONGEST_PAUSE_S = 10.0

Tell = Callable[[str], None]


class _Patience:
    """Makes every call to a storage, as often as it takes until the database answers."""

    def __init__(self, storage: BaseStorage, tell: Tell) -> None:
        self._storage, self._tell = storage, tell

    def call(self, name: str, *args: Any, **keys: Any) -> Any:
        ask = getattr(self._storage, name)
        try:
            return ask(*args, **keys)
        except (StorageInternalError, DBAPIError) as error:
            if not _is_away(error):
                raise
            self._tell(f"the Optuna database is away ({_reason(error)}); waiting for it")
        for pause_s in _pauses():
            time.sleep(pause_s)
            try:
                answer = ask(*args, **keys)
            except UpdateFinishedTrialError:  # by this very call, whose answer was lost
                answer = True
            except (StorageInternalError, DBAPIError) as error:
                if not _is_away(error):
                    raise
                continue
            self._tell("the Optuna database is back")
            # A trial that is no longer free for the taking was taken by this call: a launch has
            # one driver.
            return True if name == "set_trial_state_values" else answer


def patient(storage: BaseStorage, tell: Tell) -> BaseStorage:
    """A storage whose database may go away and come back: every call waits until it is there.

    A call may have been carried out just before its answer was lost. To write the same value again
    is harmless; a trial that is created twice is left without an assignment, and the searcher
    looks for such.

    Args:
        storage: The one that may raise.
        tell: Called with one line when the database is away, and when it is back.
    """
    calls = {name: _patiently(name) for name in BaseStorage.__abstractmethods__}
    kind: Any = type("PatientStorage", (_Patience, BaseStorage), calls)
    waiting: BaseStorage = kind(storage, tell)
    return waiting


def _patiently(name: str) -> Callable[..., Any]:
    def call(self: _Patience, *args: Any, **keys: Any) -> Any:
        return self.call(name, *args, **keys)

    return call


def _pauses() -> Iterator[float]:
    return chain((0.25, 0.5, 1.0, 2.0, 4.0), repeat(_LONGEST_PAUSE_S))


def open_storage(url: str, tell: Tell) -> BaseStorage:
    """Open the database, and make its tables if it has none.

    Raises:
        SQLAlchemyError, StorageInternalError: It cannot be reached: that is not waited for, as
            nothing has begun.
    """
    for wait_s in (0.2, 0.5, 1.0, 2.0):
        try:
            return patient(_connect(url), tell)
        except (OperationalError, ProgrammingError, IntegrityError) as error:
            if "exist" not in str(error) and "UNIQUE" not in str(error).upper():
                raise
            time.sleep(wait_s)  # another sweep is just creating the tables
    return patient(_connect(url), tell)


def without_password(url: str) -> str:
    """A URL as it may be shown."""
    from sqlalchemy.engine import make_url

    try:
        return make_url(url).render_as_string(hide_password=True)
    except Exception:  # not a URL at all: then there is no password to hide either
        return url


def _connect(url: str) -> BaseStorage:
    return get_storage(RDBStorage(url, engine_kwargs=_engine_options(url)))


def _engine_options(url: str) -> dict[str, Any]:
    """SQLite: wait for other writers rather than fail with `database is locked`."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": _SQLITE_WAIT_S}}
    return {"pool_pre_ping": True}  # a server may have been restarted in between


def _is_away(error: BaseException) -> bool:
    """Whether the database cannot be asked just now; not: whether it refuses what it is asked."""
    cause = error.__cause__ if isinstance(error, StorageInternalError) else error
    if not isinstance(cause, DBAPIError):
        return False
    if type(cause.orig).__module__ == "sqlite3":  # a file: all but another writer stays as it is
        return "locked" in str(cause.orig)
    return cause.connection_invalidated or isinstance(cause, OperationalError | InterfaceError)


def _reason(error: BaseException) -> str:
    cause = error.__cause__ or error
    text = str(getattr(cause, "orig", cause)).strip()
    return text.splitlines()[0][:160] if text else type(cause).__name__
