"""The Optuna study of a launch: its database, sampler, and the points of a grid."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import optuna
from optuna.samplers import BaseSampler
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from sweep.errors import SweepError
from sweep.spec import Sweep

optuna.logging.set_verbosity(optuna.logging.WARNING)
_SQLITE_WAIT_S = 60


def open_study(sweep: Sweep, name: str, url: str) -> optuna.Study:
    """Create the study of a launch, or open it to go on.

    Raises:
        SweepError: The database cannot be reached.
    """
    try:
        study = optuna.create_study(
            study_name=name,
            storage=_open_storage(url),
            directions=[
                "maximize" if d == "max" else "minimize" for d in sweep.directions.values()
            ],
            load_if_exists=True,
        )
        study.sampler = _sampler(sweep, len(study.get_trials(deepcopy=False)))
        if sweep.sampler.name == "grid":
            for assignment in sweep.space.grid():
                study.enqueue_trial(sweep.space.to_optuna_params(assignment), skip_if_exists=True)
    except Exception as error:  # any of SQLAlchemy's and the database drivers'
        reason = str(error).splitlines()[0] if str(error) else repr(error)
        raise SweepError(f"the Optuna database {_without_password(url)}: {reason}") from None
    return study


def _open_storage(url: str) -> optuna.storages.RDBStorage:
    for wait_s in (0.2, 0.5, 1.0, 2.0):
        try:
            return optuna.storages.RDBStorage(url, engine_kwargs=_engine_options(url))
        except (OperationalError, ProgrammingError, IntegrityError) as error:
            if "exist" not in str(error) and "UNIQUE" not in str(error).upper():
                raise
            time.sleep(wait_s)  # another sweep is just creating the tables
    return optuna.storages.RDBStorage(url, engine_kwargs=_engine_options(url))


def _engine_options(url: str) -> dict[str, Any]:
    """SQLite: wait for other writers rather than fail with `database is locked`."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": _SQLITE_WAIT_S}}
    return {"pool_pre_ping": True}  # a server may have been restarted in between


def _without_password(url: str) -> str:
    from sqlalchemy.engine import make_url

    try:
        return make_url(url).render_as_string(hide_password=True)
    except Exception:  # not a URL at all: then there is no password to hide either
        return url


def _sampler(sweep: Sweep, drawn: int) -> BaseSampler:
    """The sampler; after a resume it goes on with other random numbers than it began with."""
    seed = sweep.sampler.seed + drawn
    samplers: dict[str, Callable[[], BaseSampler]] = {
        # As many random trials as asked for, also in parallel: running ones are counted as bad.
        "tpe": lambda: optuna.samplers.TPESampler(
            seed=seed, multivariate=True, group=True, constant_liar=True
        ),
        "random": lambda: optuna.samplers.RandomSampler(seed=seed),
        "grid": lambda: optuna.samplers.RandomSampler(seed=seed),  # all points are enqueued
        "cmaes": lambda: optuna.samplers.CmaEsSampler(seed=seed),
        "nsga2": lambda: optuna.samplers.NSGAIISampler(seed=seed),
        "gp": lambda: optuna.samplers.GPSampler(seed=seed),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return samplers[sweep.sampler.name]()
