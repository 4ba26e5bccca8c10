"""Results of earlier sweeps, given to the sampler as trials that it did not have to run.

They stand in the study in memory only, marked. They are no trials of this sweep: not in the study's
database, not among its configurations, leaders, tables or counts. What was taken at the begin of a
launch is kept in its folder, so that a resumed one knows the same.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import optuna
from optuna.trial import FixedTrial, FrozenTrial, TrialState

from analysis.records import State, Tag
from analysis.store.optuna_internals import CONSTRAINTS
from analysis.store.record import RunRecord
from analysis.text.plain import counted
from snn.config import ExecutionConfig, TrialConfig
from snn.errors import ConfigError
from snn.training.checkpoints.place import Place
from sweep.spec.spaces.parameter import Parameter
from sweep.spec.spaces.space import Assignment, Space
from sweep.spec.specification import Specification
from sweep.trial.params import param_values

PRIOR = "start_from"
"""User attribute of such a trial: the sweep that it is from."""


class _LeftOutError(Exception):
    """Why a run is not taken, in words."""


@dataclass(frozen=True)
class Prior:
    """A configuration of an earlier sweep, as a point of this one.

    Attributes:
        sweep: The earlier one.
        assignment: Values of the searched keys.
        values: The metrics of this sweep in their order: means over the seeds that were run.
        excess: By how much it breaks each limit of this sweep, by metric.
        seeds: Those that were run.
    """

    sweep: str
    assignment: Mapping[str, Any]
    values: tuple[float, ...]
    excess: Mapping[str, float] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()

    def trial(self, space: Space) -> FrozenTrial:
        """The complete trial that the sampler gets."""
        point = FixedTrial(space.to_optuna_params(dict(self.assignment)))
        space.suggest(point)
        return optuna.trial.create_trial(
            params=point.params,
            distributions=point.distributions,
            values=list(self.values),
            user_attrs={PRIOR: self.sweep},
            system_attrs={f"{CONSTRAINTS}{name}": value for name, value in self.excess.items()},
        )


@dataclass(frozen=True)
class Memory:
    """What a launch starts from.

    Attributes:
        priors: The configurations that were taken.
        left_out: How many runs were not taken, by the reason.
    """

    priors: tuple[Prior, ...] = ()
    left_out: Mapping[str, int] | None = None

    def __str__(self) -> str:
        names = ", ".join(dict.fromkeys(prior.sweep for prior in self.priors))
        known = counted(len(self.priors), "configuration")
        taken = f"{known}{names and f' of {names}'} known to the sampler"
        left = self.left_out or {}
        reasons = ", ".join(f"{number} {why}" for why, number in left.items())
        return f"start_from: {taken}; {counted(sum(left.values()), 'run')} left out" + (
            f": {reasons}" if reasons else ""
        )

    def write(self, place: Place) -> None:
        """Keep it for a driver that resumes the launch.

        Raises:
            OSError: It cannot be written.
        """
        place.write_text(json.dumps([asdict(prior) for prior in self.priors]), encoding="utf-8")

    def known(self, sweep: Specification) -> frozenset[str]:
        """The configurations that a sweep need not run, by `group_id`: all its seeds were."""
        whole = (prior for prior in self.priors if {*sweep.seeds} <= {*prior.seeds})
        return frozenset(sweep.config(dict(p.assignment), sweep.seeds[0]).group_id for p in whole)

    @classmethod
    def read(cls, place: Place) -> Memory:
        """What an earlier driver of the launch has kept."""
        kept = json.loads(place.read_text(encoding="utf-8"))
        return cls(tuple(map(_read, kept)))


def recall(sweep: Specification, runs: Iterable[RunRecord], data: Mapping[str, str]) -> Memory:
    """What earlier runs tell the sampler of a sweep.

    A run is taken if it is done and its configuration lies in the space of the sweep: the searched
    keys have values that can be searched, the others are the same, and so are the images. A key
    that the earlier sweep did not have, because it is new, has its default.

    Args:
        sweep: The plan; its space is a `Space`.
        runs: Those of `start_from`.
        data: SHA-256 of every data set by name.
    """
    known: dict[str, tuple[RunRecord, TrialConfig]] = {}
    left_out = Counter[str]()
    for run in runs:
        if not run.is_trial:
            continue
        try:
            config = _config(run, sweep, data)
            known[config.config_id] = run, config
        except _LeftOutError as error:
            left_out[str(error)] += 1
    replicates: dict[str, list[tuple[RunRecord, TrialConfig]]] = {}
    for run, config in known.values():
        replicates.setdefault(config.group_id, []).append((run, config))
    priors: list[Prior] = []
    for same in replicates.values():
        try:
            priors.append(_prior(same, sweep))
        except _LeftOutError as error:
            left_out[str(error)] += len(same)
    return Memory(tuple(priors), dict(left_out))


def _prior(same: Sequence[tuple[RunRecord, TrialConfig]], sweep: Specification) -> Prior:
    """A configuration, from the runs of its seeds."""
    assignment = _assignment(same[0][1], sweep)
    runs = [run for run, _ in same]
    values = tuple(_mean(runs, metric) for metric in sweep.directions)
    excess = {one.metric: one.excess(_mean(runs, one.metric)) for one in sweep.limits}
    seeds = tuple(sorted(config.seed for _, config in same))
    return Prior(runs[0].sweep, assignment, values, excess, seeds)


def _read(kept: Mapping[str, Any]) -> Prior:
    """A configuration from the file of a launch; one of an earlier version has no seeds."""
    lists = {key: tuple(kept.get(key, ())) for key in ("values", "seeds")}
    return Prior(**{**kept, **lists})


def _mean(runs: Sequence[RunRecord], metric: str) -> float:
    """Of a metric at the best epochs; not a number if a run does not have it."""
    return math.fsum(run.metrics.get(f"best_{metric}", math.nan) for run in runs) / len(runs)


def is_prior(trial: FrozenTrial) -> bool:
    """Whether a trial of a study in memory is of an earlier sweep."""
    return PRIOR in trial.user_attrs


def own_trials(study: optuna.Study, states: Sequence[TrialState]) -> list[FrozenTrial]:
    """The trials of a study in these states, without those of earlier sweeps."""
    found = study.get_trials(deepcopy=False, states=tuple(states))
    return [trial for trial in found if not is_prior(trial)]


def _config(run: RunRecord, sweep: Specification, data: Mapping[str, str]) -> TrialConfig:
    if run.state != State.DONE:
        raise _LeftOutError("not done")
    if any(math.isnan(run.metrics.get(f"best_{m}", math.nan)) for m in sweep.directions):
        raise _LeftOutError("without the metric")
    try:
        config = sweep.config_of(param_values(run.params))
    except ConfigError:
        raise _LeftOutError("with keys that are not known here") from None
    if run.tags.get(Tag.DATA_SHA256) != data.get(config.dataset):
        raise _LeftOutError("on other data")
    return config


def _assignment(config: TrialConfig, sweep: Specification) -> Assignment:
    """A configuration as a point of the space."""
    space = sweep.space
    assert isinstance(space, Space), "points are no search"
    values = config.model_dump()
    found = {p.name: _taken(p, values[p.name]) for p in space.parameters}
    labels = {p.name: p.label(found[p.name][0]) for p in space.parameters if found[p.name]}
    try:
        assignment = space.suggest(FixedTrial(labels))
    except ValueError:
        raise _LeftOutError("outside the space") from None
    has, wanted = config.identity(), sweep.config(assignment, config.seed).identity()
    keys = sorted((has.keys() | wanted.keys()) - ExecutionConfig.model_fields.keys())
    other = [key for key in keys if has.get(key) != wanted.get(key)]
    if other:
        raise _LeftOutError(f"with another {', '.join(other)}")
    return assignment


def _taken(parameter: Parameter, value: Any) -> list[Any]:
    """The value as the space has it; empty if it is outside."""
    plain = list(value) if isinstance(value, tuple) else value
    forms = [plain, plain[0]] if isinstance(plain, list) and len(plain) == 1 else [plain]
    return [form for form in forms if parameter.takes(form)][:1]
