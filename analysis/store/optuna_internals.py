"""What we need of Optuna beside its public interface: all of it stands here.

Checked with Optuna 5.0. If a new version moves one of these names, change this file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial, Trial

MIGRATIONS = ("optuna.storages._rdb", "alembic")
"""Package and folder of the migrations of Optuna's tables."""

ENQUEUED_PARAMS = "fixed_params"
"""System attribute in which Optuna keeps the values of an enqueued trial."""


CONSTRAINTS = "constraints:"
"""Begins the names of the system attributes in which Optuna keeps a trial's constraints."""


def study_id(study: optuna.Study) -> int:
    """How the storage of a study knows it."""
    return study._study_id


def trial_id(trial: FrozenTrial | Trial) -> int:
    """How the storage of a study knows a trial; its number is another."""
    return trial._trial_id


def rename_study(url: str, before: str, now: str) -> None:
    """Give a study of a database another name, at once or not at all; nothing if there is none.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database does not take it.
    """
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    with create_engine(url, poolclass=NullPool).begin() as connection:
        change = text("UPDATE studies SET study_name = :now WHERE study_name = :before")
        connection.execute(change, {"now": now, "before": before})


def stored_trial(study: optuna.Study, trial: FrozenTrial | Trial) -> FrozenTrial:
    """A trial as the storage of its study has it now."""
    return study._storage.get_trial(trial._trial_id)


def open_trial(study: optuna.Study, trial: FrozenTrial) -> Trial:
    """A running trial of a study, to report to again after a restart."""
    from optuna.trial import Trial

    return Trial(study, trial._trial_id)
