"""A sampler and a scheduler as somebody would add them: each declared in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optuna.samplers import BaseSampler, TPESampler
from ray.tune.schedulers import MedianStoppingRule, TrialScheduler

from snn.declarations.keys import Key
from sweep.methods.samplers.base import Sampler
from sweep.methods.schedulers.base import Comparison, Scheduler


def _tpe(seed: int, values: Mapping[str, Any]) -> BaseSampler:
    return TPESampler(
        seed=seed, n_startup_trials=values["startup"], n_ei_candidates=values["drawn"]
    )


OWN_SAMPLER = Sampler(
    name="plain_tpe",
    label="TPE with independent parameters",
    source="Bergstra et al. 2011",
    make=_tpe,
    keys=(
        Key(name="startup", type=int, default=4, low=1, description="random trials before it"),
        Key(name="drawn", type=int, default=24, low=1, high=99, description="candidates a trial"),
    ),
)


def _median(trials: Comparison, values: Mapping[str, Any]) -> TrialScheduler:
    return MedianStoppingRule(
        time_attr=trials.time,
        metric=trials.metric,
        mode=trials.mode,
        grace_period=values["patience"],
        min_samples_required=2,
    )


OWN_SCHEDULER = Scheduler(
    name="median",
    label="median stopping rule",
    source="Golovin et al. 2017, https://doi.org/10.1145/3097983.3098043",
    make=_median,
    keys=(
        Key(
            name="patience",
            type=int,
            default=2,
            low=1,
            description="epochs that every trial gets (median)",
        ),
    ),
    within_epochs=("patience",),
    forgets="median compares with the trials after the resume only",
)
