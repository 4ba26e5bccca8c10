"""The database of the Optuna studies: a study lives in memory, and every change is copied here.

A thread of its own writes the trials, each whole and the latest state of each only, so neither the
trials nor the driver wait for a database. When the database is away, changes wait in memory and
running trials go on; new trials start when it is back.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Mapping
from itertools import chain, repeat
from typing import Any

import optuna
from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import (
    IntegrityError,
    OperationalError,
    ProgrammingError,
)

from analysis.errors import SchemaError
from analysis.store.optuna_internals import CONSTRAINTS, study_id, trial_id
from analysis.store.schema import OPTUNA, prepare
from analysis.text.addresses import shown
from sweep.errors import SweepError, first_line

optuna.logging.set_verbosity(optuna.logging.WARNING)

_SQLITE_WAIT_S = 60
_PAUSES_S = 0.25, 0.5, 1.0, 2.0, 4.0  # between attempts; the last one repeats
_PATIENCE_S = 30.0  # at the end, for a database that is away: long enough to restart a server

Tell = Callable[[str], None]


class StudyDatabase:
    """The study of one launch in a database. The launch has one driver: nobody else writes to it.

    Args:
        url: Of the database.
        name: Of the study, created if there is none.
        directions: The metrics with their modes, `max` or `min`.
        tell: Called with a line when the database goes away, and when it is back.

    Attributes:
        marks: What the study is marked with: user attributes.
        trials: What the study had when it was opened, by number.

    Raises:
        SweepError: The database cannot be reached. That is not waited for, as nothing has begun.
    """

    def __init__(self, url: str, name: str, directions: Mapping[str, str], tell: Tell) -> None:
        self._tell, self._shown = tell, shown(url)
        try:
            self._storage = _connect(url)
            study = optuna.create_study(
                study_name=name,
                storage=self._storage,
                directions=optuna_directions(directions),
                load_if_exists=True,
            )
            trials = study.get_trials(deepcopy=False)
            self.marks: dict[str, Any] = study.user_attrs
        except SchemaError:
            raise
        except Exception as error:  # any of SQLAlchemy's and the database drivers'
            raise self._away(error) from None
        self._study_id = study_id(study)
        self.trials = [trial for trial in trials if trial.state != TrialState.WAITING]
        self._ids = {number: trial_id(trial) for number, trial in enumerate(self.trials)}
        self._written = dict(enumerate(self.trials))
        self._waiting: dict[int, FrozenTrial] = {}
        self._changed = threading.Condition()
        self._closing = False
        self._away_since: float | None = None
        self._thread = threading.Thread(target=self._write_all, name="optuna", daemon=True)
        self._thread.start()

    def mark(self, key: str, value: Any) -> None:
        """Mark the study, before anything is written to it.

        Raises:
            SweepError: The database cannot be reached.
        """
        try:
            self._storage.set_study_user_attr(self._study_id, key, value)
        except Exception as error:  # any of SQLAlchemy's and the database drivers'
            raise self._away(error) from None

    def save(self, trial: FrozenTrial) -> None:
        """Write a trial, as it is now, when its turn comes."""
        with self._changed:
            self._waiting[trial.number] = _snapshot(trial)
            self._changed.notify_all()

    def holds(self, number: int, wait_s: float) -> bool:
        """Whether a trial has been written: it would be found after a crash."""
        with self._changed:
            return self._changed.wait_for(lambda: number in self._ids, wait_s)

    def close(self) -> str:
        """Write what is left. Returns one line that says why it failed; empty if it did not."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        if not self._waiting:
            return ""
        return (
            f"the Optuna database is away, and {len(self._waiting)} trials are not up to date in "
            "it; `--resume` brings it up to date from their checkpoints"
        )

    def _away(self, error: Exception) -> SweepError:
        return SweepError(f"the Optuna database {self._shown}: {_reason(error)}")

    def _write_all(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return
                number, trial = next(iter(self._waiting.items()))
            if not self._write_patiently(number, trial):
                return
            with self._changed:
                if self._waiting[number] is trial:  # else it has changed since
                    del self._waiting[number]
                self._changed.notify_all()

    def _write_patiently(self, number: int, trial: FrozenTrial) -> bool:
        """Try until the trial is written. Returns False when it gives up."""
        away_since: float | None = None
        for pause_s in chain(_PAUSES_S, repeat(_PAUSES_S[-1])):
            try:
                self._write(number, trial, in_doubt=away_since is not None)
            except Exception as error:  # whatever the database, its driver or the network may throw
                if away_since is None:
                    away_since = time.monotonic()
                    self._tell(f"the Optuna database is away ({_reason(error)}); waiting for it")
                elif self._closing and time.monotonic() - away_since > _PATIENCE_S:
                    return False
                time.sleep(min(pause_s, 1.0) if self._closing else pause_s)
            else:
                break
        if away_since is not None:
            self._tell("the Optuna database is back")
        return True

    def _write(self, number: int, trial: FrozenTrial, *, in_doubt: bool) -> None:
        """Make the database agree with a trial.

        Args:
            number: Of the trial.
            trial: As it is in memory.
            in_doubt: Whether an earlier attempt may have created the trial and lost the answer.
        """
        if number not in self._ids and in_doubt:
            self._find(number)
        if number not in self._ids:
            self._ids[number] = self._storage.create_new_trial(self._study_id, trial)
        else:
            try:
                self._update(self._ids[number], self._written.get(number), trial)
            except UpdateFinishedTrialError:
                pass  # an attempt before this one got to its end
        self._written[number] = trial
        if trial.state.is_finished():
            del self._written[number]

    def _find(self, number: int) -> None:
        """Find the trial that a lost attempt created: the one in the study that we do not know."""
        known = set(self._ids.values())
        for trial in self._storage.get_all_trials(self._study_id, deepcopy=False):
            if trial_id(trial) not in known:
                self._ids[number] = trial_id(trial)

    def _update(self, at: int, before: FrozenTrial | None, now: FrozenTrial) -> None:
        storage = self._storage
        reports = before.intermediate_values if before else {}
        for step in now.intermediate_values.keys() - reports.keys():
            storage.set_trial_intermediate_value(at, step, now.intermediate_values[step])
        attributes = before.user_attrs if before else {}
        for key in now.user_attrs.keys() - attributes.keys():
            storage.set_trial_user_attr(at, key, now.user_attrs[key])
        for key in now.system_attrs:
            if key.startswith(CONSTRAINTS) and (before is None or key not in before.system_attrs):
                storage.set_trial_system_attr(at, key, now.system_attrs[key])
        if now.state.is_finished():
            storage.set_trial_state_values(at, now.state, now.values)


def optuna_directions(directions: Mapping[str, str]) -> list[StudyDirection]:
    """The modes `max` and `min` as Optuna calls them."""
    return [StudyDirection[f"{mode}imize".upper()] for mode in directions.values()]


def _connect(url: str) -> RDBStorage:
    """Open the database, and make its tables if it has none."""
    prepare(url, OPTUNA)  # which also looks at the version of the tables, so that Optuna need not
    for wait_s in (0.2, 0.5, 1.0, 2.0):
        try:
            return RDBStorage(url, _engine_options(url), skip_compatibility_check=True)
        except (OperationalError, ProgrammingError, IntegrityError) as error:
            if "exist" not in str(error) and "UNIQUE" not in str(error).upper():
                raise
            time.sleep(wait_s)  # another sweep is just creating the tables
    return RDBStorage(url, _engine_options(url), skip_compatibility_check=True)


def _engine_options(url: str) -> dict[str, Any]:
    """SQLite: wait for other writers rather than fail with `database is locked`."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": _SQLITE_WAIT_S}}
    return {"pool_pre_ping": True}  # a server may have been restarted in between


def _snapshot(trial: FrozenTrial) -> FrozenTrial:
    """A copy that does not change: Optuna changes trials that it calls frozen."""
    snapshot = copy.copy(trial)
    snapshot.intermediate_values = dict(trial.intermediate_values)
    snapshot.user_attrs, snapshot.system_attrs = dict(trial.user_attrs), dict(trial.system_attrs)
    return snapshot


def _reason(error: BaseException) -> str:
    cause = error.__cause__ if isinstance(error, StorageInternalError) else error
    return first_line(getattr(cause, "orig", cause) or error)
