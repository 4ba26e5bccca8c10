"""The Optuna study of a launch: in memory, with its sampler and the points of a grid."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from analysis.records import MAX
from analysis.store.optuna_internals import ENQUEUED_PARAMS
from sweep.search.database import StudyDatabase, optuna_directions
from sweep.search.identity import BREAKS
from sweep.search.informed import Informed, Shown
from sweep.search.memory import Memory, own_trials
from sweep.spec.spaces.space import Space
from sweep.spec.specification import Specification


def open_study(
    sweep: Specification, database: StudyDatabase, memory: Memory | None = None
) -> optuna.Study:
    """The study with the trials from its database, in their order; their numbers may differ.

    Args:
        sweep: The plan.
        database: Of the study.
        memory: What the sampler knows of earlier sweeps.
    """
    storage = Shown()
    study = optuna.create_study(directions=optuna_directions(sweep.directions), storage=storage)
    study.add_trials(database.trials)
    if memory and isinstance(sweep.space, Space):
        study.add_trials([prior.trial(sweep.space) for prior in memory.priors])
    study.sampler = Informed(make_sampler(sweep, len(database.trials)), storage)
    if sweep.sampler.declared.every_point:
        known = {_key(trial.system_attrs.get(ENQUEUED_PARAMS, {})) for trial in database.trials}
        for assignment in sweep.space.grid():
            point = sweep.space.to_optuna_params(assignment)
            if _key(point) not in known:
                study.enqueue_trial(point)
    return study


def leaders(study: optuna.Study, directions: Mapping[str, str]) -> list[dict[str, Any]]:
    """The configurations that are done and keep all limits, best first by the first metric.

    Args:
        study: Of a launch.
        directions: The metrics with their modes, as the study was opened.

    Returns:
        Of each, once, what was searched, and the metrics of the best epoch: means over the seeds.
    """
    done = own_trials(study, [TrialState.COMPLETE])
    best_first = next(iter(directions.values())) == MAX
    done = [trial for trial in done if BREAKS not in trial.user_attrs]
    done.sort(key=lambda trial: trial.values[0], reverse=best_first)
    once: dict[str, FrozenTrial] = {}
    for trial in done:
        once.setdefault(_key(trial.params), trial)  # it may have been suggested again
    return [
        trial.params | dict(zip(directions, trial.values, strict=True)) for trial in once.values()
    ]


def missed(sweep: Specification, best_first: Sequence[Mapping[str, Any]]) -> str:
    """That no configuration reached the target; empty if one did, or there is none.

    Args:
        sweep: The plan.
        best_first: As `leaders` gives them.
    """
    target, (metric, mode) = sweep.stop.target, next(iter(sweep.directions.items()))
    if target is None or not best_first:
        return ""
    best = best_first[0][metric]
    if best >= target if mode == MAX else best <= target:
        return ""
    return f"no configuration reached stop.target {target:g}; the best has {metric} {best:.4f}"


def _key(point: Mapping[str, Any]) -> str:
    return json.dumps(point, sort_keys=True)


def make_sampler(sweep: Specification, drawn: int) -> BaseSampler:
    """The sampler; after a resume it draws other random numbers than at first."""
    chosen = sweep.sampler
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return chosen.declared.make(chosen.seed + drawn, chosen.values_of(chosen.declared.keys))


def unmet(study: optuna.Study, sweep: Specification) -> str:
    """That no configuration keeps all limits, and what the nearest breaks; empty if one does."""
    done = own_trials(study, [TrialState.COMPLETE])
    broken = [trial for trial in done if BREAKS in trial.user_attrs]
    if not broken or len(broken) < len(done):
        return ""

    def by_how_much(trial: FrozenTrial) -> float:
        broken = trial.constraints
        return sum(max(0.0, broken[one.metric]) / (abs(one.limit) or 1.0) for one in sweep.limits)

    nearest = min(broken, key=by_how_much)
    return (
        f"no configuration keeps {', '.join(map(str, sweep.limits))}, so there are no leaders; "
        f"the nearest {nearest.user_attrs[BREAKS]}"
    )
