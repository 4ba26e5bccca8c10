"""The Optuna study of a launch: its database, sampler, and the points of a grid."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import optuna
from optuna.samplers import BaseSampler

from sweep.database import Tell, open_storage, without_password
from sweep.errors import SweepError
from sweep.spec import Sweep

optuna.logging.set_verbosity(optuna.logging.WARNING)


def open_study(sweep: Sweep, name: str, url: str, tell: Tell) -> optuna.Study:
    """Create the study of a launch, or open it to go on.

    Args:
        sweep: The plan.
        name: Of the study.
        url: Of the database.
        tell: Called with a line when the database goes away in the middle, and when it is back.

    Raises:
        SweepError: The database cannot be reached.
    """
    try:
        study = optuna.create_study(
            study_name=name,
            storage=open_storage(url, tell),
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
        raise SweepError(f"the Optuna database {without_password(url)}: {reason}") from None
    return study


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
