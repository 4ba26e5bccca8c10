"""A sweep's specification: its keys, what they mean, what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_serializer

from analysis.records import EPOCH_METRICS, MAX, MIN, SEARCHABLE, SWEEP_NAME
from analysis.text.plain import counted
from snn.config import TrialConfig
from snn.plugins.loading import registry_with
from snn.registry import Registry
from sweep.host.notices import is_variable
from sweep.methods.constraints import FORMS as FORMS_OF_LIMITS
from sweep.methods.constraints import Constraint
from sweep.spec.fresh_seeds import fresh_seeds
from sweep.spec.plugins import Plugin
from sweep.spec.sections.budget import Budget, read_budget
from sweep.spec.sections.confirm import Confirm
from sweep.spec.sections.methods import (
    ChosenSampler,
    ChosenScheduler,
    read_sampler,
    read_scheduler,
)
from sweep.spec.sections.resources import Resources
from sweep.spec.sections.section import Section, Seeds
from sweep.spec.sections.stop import Stop
from sweep.spec.spaces.points import Points
from sweep.spec.spaces.space import Assignment, Space
from sweep.spec.spaces.space_yaml import FORMS, parse_space
from sweep.spec.yaml.files import write


def _metric(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if not isinstance(value, Mapping):
        known = ", ".join(SEARCHABLE)
        raise ValueError(f"needs one of {known}, or several as {{name: max or min}}")
    for name, mode in value.items():
        if mode not in (MAX, MIN):
            raise ValueError(f"{name} needs max or min")
    return value


def _addresses(value: Any) -> Any:
    """Texts as they are, all else empty: an error would show what was given."""
    given = value if isinstance(value, list | tuple) else [value]
    return [address if isinstance(address, str) else "" for address in given]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _limit(value: Any) -> str:
    if isinstance(value, int | float):
        raise ValueError(
            f"needs a limit such as {FORMS_OF_LIMITS}, and {value:g} alone says no direction; "
            f"write '<= {value:g}' for at most {value:g}"
        )
    Constraint.parse("", str(value))
    return str(value)


_MAY_CHANGE: Any = {"budget": True, "notify": True, "stop": {"target", "noise"}}


class Specification(Section):
    """A sweep: what is fixed, what is searched, by which methods, how often, on what machines.

    Raises (through `parse`): SpecError, one line with place, value and what is allowed.
    """

    name: str = Field(
        pattern=SWEEP_NAME,
        description="letters, digits, '-', '_' and '.'; names the MLflow experiment and the study",
    )
    description: str = Field("", description="the question that the sweep answers")
    plugins: tuple[Plugin, ...] = Field(
        (), description="Python files with neurons, encodings and other components of your own"
    )
    base: dict[str, Any] = Field({}, description="keys of the configuration that are fixed")
    search: dict[str, Any] = Field(
        {}, description=f"keys that are searched: {FORMS}; with when: {{other: value}}"
    )
    points: tuple[dict[str, Any], ...] = Field(
        (),
        description="configurations that are run as they are, instead of a search; without a "
        "sampler, all are run to their ends (sampler grid, scheduler none)",
    )
    each: tuple[str, ...] = Field(
        (),
        description="searched keys: every combination of their values gets the same share of the "
        "trials, is compared only with itself by asha, and has leaders of its own",
    )
    metric: Annotated[str | dict[str, Literal["max", "min"]], BeforeValidator(_metric)] = Field(
        "val_accuracy", description="one metric, or several with their modes for a Pareto sweep"
    )
    constraints: dict[str, Annotated[str, BeforeValidator(_limit)]] = Field(
        {},
        description=f"limits that every leader keeps, by metric: {FORMS_OF_LIMITS}; the samplers "
        "tpe, nsga2 and gp search within them",
    )
    sampler: Annotated[ChosenSampler, BeforeValidator(read_sampler)] = ChosenSampler()
    scheduler: Annotated[ChosenScheduler, BeforeValidator(read_scheduler)] = ChosenScheduler()
    trials: int | None = Field(
        None, ge=1, description="configurations; grid: all points if not given, else 20"
    )
    seeds: Seeds = Field((0,), min_length=1, description="replicates of each")
    start_from: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(
        (),
        description="earlier sweeps, or .parquet files of spikesweep export-runs: the sampler "
        "begins with their results in the space of this one; they are no trials of it",
    )
    budget: Annotated[Budget | None, BeforeValidator(read_budget)] = Field(
        None, description=str(Budget.__doc__)
    )
    stop: Stop = Stop()
    confirm: Confirm | None = Field(None, description=str(Confirm.__doc__))
    resources: Resources = Resources()
    notify: Annotated[tuple[str, ...], BeforeValidator(_addresses)] = Field(
        (),
        repr=False,
        description="addresses of apprise, or $NAME of a variable that holds one: they are told of "
        "the end, of a failure, and when nothing is reported any more; never stored or shown",
    )
    max_failures: int = Field(
        3, ge=0, description="how often a trial goes on, from its last epoch, when its process dies"
    )

    @field_serializer("notify")
    def _without_secrets(self, addresses: tuple[str, ...]) -> list[str]:
        """What is stored, sent to a cluster and logged: the names of variables alone."""
        return [address for address in addresses if is_variable(address)]

    @cached_property
    def components(self) -> Registry:
        """What its configurations can name, whatever other sweep was read since.

        Raises:
            PluginError: A plugin cannot be used.
        """
        return registry_with(plugin.as_file for plugin in self.plugins)

    @cached_property
    def space(self) -> Space | Points:
        """The search space, or the points."""
        if self.points:
            return Points(self.points)
        return parse_space(self.search, self.fixed_keys())

    def fixed_keys(self, **changed: Any) -> dict[str, Any]:
        """Values of all keys that are not searched, as a user writes them: 64 rather than (64,).

        Args:
            changed: Values in place of those of `base`.
        """
        values = self.config_of({**self.base, **changed}).model_dump(exclude={"seed"})
        hidden = values["hidden"]
        values["hidden"] = hidden[0] if len(hidden) == 1 else list(hidden)
        return {key: value for key, value in values.items() if key not in self.search}

    def config_of(self, values: Mapping[str, Any]) -> TrialConfig:
        """A configuration with the components of this sweep; see `TrialConfig.parse`."""
        return TrialConfig.parse(values, self.components)

    @property
    def directions(self) -> dict[str, str]:
        """The metrics with their modes, `max` or `min`."""
        if isinstance(self.metric, str):
            return {self.metric: EPOCH_METRICS[self.metric]}
        return dict(self.metric)

    @property
    def limits(self) -> tuple[Constraint, ...]:
        """What every leader must keep."""
        return tuple(Constraint.parse(name, text) for name, text in self.constraints.items())

    @property
    def ends_silent(self) -> bool:
        """Whether configurations end whose neurons do not spike, or always do."""
        if self.stop.silent is not None:
            return self.stop.silent
        return not self.sampler.declared.every_point and self.scheduler.declared.stops

    @cached_property
    def kinds(self) -> list[Assignment]:
        """The combinations of the values of `each`, in order; none without it."""
        if isinstance(self.space, Points) or not self.each:
            return []
        return self.space.only(self.each).grid()

    @property
    def leaders(self) -> str:
        """How many leaders are confirmed, in words."""
        top = self.confirm.top if self.confirm else 0
        of_each = f" of each {', '.join(self.each)}" if self.each else ""
        return f"{counted(top, 'leader')}{of_each}"

    @property
    def scheduler_values(self) -> dict[str, Any]:
        """The values of the scheduler's keys; of epochs, at most those that every trial has."""
        declared, shortest = self.scheduler.declared, min(self.values("epochs"))
        values = self.scheduler.values_of(declared.keys)
        return values | {name: min(values[name], shortest) for name in declared.within_epochs}

    @property
    def size(self) -> str:
        """How many trials are planned, in words."""
        planned = counted(self.configurations_planned(), "configuration")
        return f"{planned} × {counted(len(self.seeds), 'seed')}"

    def configurations_planned(self) -> int:
        """Configurations that the sweep asks for: never more than the space has."""
        size = self.space.size()
        if self.trials is None:
            most = size if self.sampler.declared.every_point else 20
            return min(most or 20, size or 20)
        return self.trials if size is None else min(self.trials, size)

    def trials_planned(self) -> int:
        """Configurations times seeds."""
        return self.configurations_planned() * len(self.seeds)

    def confirmation_planned(self) -> tuple[int, int]:
        """Trials of the confirmation, if it has all its leaders, and the epochs of all of them."""
        if self.confirm is None:
            return 0, 0
        trials = self.confirm.top * max(1, len(self.kinds)) * self._fresh_seeds
        return trials, trials * int(self.confirm.base.get("epochs", max(self.values("epochs"))))

    @property
    def confirmation(self) -> str:
        """What is trained after the search, in words; empty if nothing is."""
        if self.confirm is None:
            return ""
        return f"{self.leaders} × {self._fresh_seeds} fresh seeds{self.confirm.changes}"

    @property
    def _fresh_seeds(self) -> int:
        """How many seeds a confirmation has."""
        return len(self.confirm.seeds or fresh_seeds(self.seeds)) if self.confirm else 0

    def config(self, assignment: Assignment, seed: int) -> TrialConfig:
        """The configuration of a point of the space."""
        return self.config_of({**self.base, **assignment, "seed": seed})

    def configs(self) -> list[TrialConfig]:
        """The configurations of the planned points of a grid, the first ones, with all seeds."""
        points = self.space.grid()[: self.configurations_planned()]
        return [self.config(point, seed) for point in points for seed in self.seeds]

    def groups(self) -> list[str]:
        """The `group_id` of every point of a grid, in order."""
        return [self.config(point, self.seeds[0]).group_id for point in self.space.grid()]

    def values(self, key: str) -> tuple[Any, ...]:
        """All values that a key can take in this sweep, or the ends of its range."""
        configs = (self.config_of({**self.base, **one}) for one in self.given(key))
        return tuple(getattr(config, key) for config in configs)

    def given(self, key: str) -> list[Assignment]:
        """What is set beside `base` so that a key takes all its values: the points, or itself."""
        if self.points:
            return [dict(point) for point in self.points]
        parameter = next((p for p in self.space.parameters if p.name == key), None)
        given: list[Assignment] = [{key: v} for v in parameter.samples()] if parameter else [{}]
        return [*given, {}] if parameter and parameter.when else given

    def to_yaml(self) -> str:
        """The specification as YAML, plugins included; reading it gives an equal sweep."""
        return write(self.model_dump(mode="json", exclude_defaults=True))

    def lasting(self, *, defaults: bool = True) -> dict[str, Any]:
        """The keys that a launch keeps when it is resumed: all but those that say when to stop.

        Args:
            defaults: Whether keys with their defaults are there, too.
        """
        values = self.model_dump(mode="json", exclude_defaults=not defaults, exclude=_MAY_CHANGE)
        return {key: value for key, value in values.items() if key != "stop" or value}

    def to_log(self) -> str:
        """The same for people: of plugins, it has the names and digests."""
        values = self.model_dump(mode="json", exclude_defaults=True)
        if self.plugins:
            files = (plugin.as_file for plugin in self.plugins)
            values["plugins"] = [f"{file.name} {file.short_digest}" for file in files]
        return write(values)
