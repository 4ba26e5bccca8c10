"""A sweep's specification: its keys, what they mean, what is allowed."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, field_serializer

from analysis.records import EPOCH_METRICS, MAX, MIN, SEARCHABLE, SWEEP_NAME
from snn.config import TrialConfig
from snn.plugins.loading import registry_with
from snn.registry import Registry
from sweep.host.notices import is_variable
from sweep.methods.constraints import FORMS as FORMS_OF_LIMITS
from sweep.methods.constraints import Constraint
from sweep.spec.budget import Budget, read_budget
from sweep.spec.fresh_seeds import fresh_seeds
from sweep.spec.plugins import Plugin
from sweep.spec.sections import (
    ChosenSampler,
    ChosenScheduler,
    Number,
    Section,
    read_sampler,
    read_scheduler,
)
from sweep.spec.spaces.points import Points
from sweep.spec.spaces.space import Assignment, Space
from sweep.spec.spaces.space_yaml import FORMS, parse_space
from sweep.spec.stop_rules import Stop
from sweep.spec.yaml.files import write


def counted(number: int, noun: str) -> str:
    """A number of things in words, such as 1 seed, 3 seeds."""
    plural = "es" if noun.endswith("ch") else "s"
    return f"{number} {noun}{'' if number == 1 else plural}"


def _whole_above_1(value: float) -> float:
    if value > 1 and value % 1:
        raise ValueError("must be a whole number above 1; fractions are for less than one")
    return value


def _metric(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and all(mode in (MAX, MIN) for mode in value.values()):
        return value
    raise ValueError(f"needs one of {', '.join(SEARCHABLE)}, or several as {{name: max or min}}")


def _addresses(value: Any) -> Any:
    """Texts as they are, all else empty: an error would show what was given."""
    given = value if isinstance(value, list | tuple) else [value]
    return [address if isinstance(address, str) else "" for address in given]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


AUTO, OFF = "auto", "off"
MOST_PACKED = 32
"""Streams that PyTorch has: more trials of a card would share some of them."""


def _limit(value: Any) -> str:
    if isinstance(value, int | float):
        raise ValueError(
            f"needs a limit such as {FORMS_OF_LIMITS}, and {value:g} alone says no direction; "
            f"write '<= {value:g}' for at most {value:g}"
        )
    Constraint.parse("", str(value))
    return str(value)


def _pack(value: Any) -> Any:
    if value in (AUTO, OFF) or (type(value) is int and 1 <= value <= MOST_PACKED):
        return value
    raise ValueError(f"needs {AUTO}, {OFF} or a whole number from 1 to {MOST_PACKED}")


_PACK_SCHEMA = {
    "anyOf": [{"enum": [AUTO, OFF]}, {"type": "integer", "minimum": 1, "maximum": MOST_PACKED}]
}
Pack = Annotated[int | str, BeforeValidator(_pack), WithJsonSchema(_PACK_SCHEMA)]
Share = Annotated[float, AfterValidator(_whole_above_1)]


def _part(amount: float, of: int) -> float:
    """A share of which so many fit: Ray counts in units of 1/10,000, and would round it up."""
    return math.floor(1e4 * amount / of) / 1e4


class Resources(Section):
    """What one trial is given; fractions share a processor."""

    cpu: Share = Field(1, gt=0, description="CPUs per trial")
    gpu: Share = Field(0, ge=0, description="GPUs per trial")
    memory: float = Field(0, ge=0, description="GiB that no other trial is promised; 0: any")
    pack: Pack = Field(
        OFF,  # until a card has shown by how much it pays
        description="trials that one process trains side by side: a number; off; "
        "auto: as many as a whole GPU has memory for, none on a CPU",
    )

    @property
    def device(self) -> str:
        """Where a trial computes."""
        return "cuda" if self.gpu else "cpu"

    @property
    def together(self) -> int:
        """How many trials one process trains, as far as it is said; 1: each has its own."""
        return self.pack if isinstance(self.pack, int) else 1

    @property
    def wanted(self) -> dict[str, float]:
        """What a trial asks Ray for, by Ray's names."""
        cpu, gpu = self.cpu, self.gpu
        if self.gpu and self.together > 1:  # one process, which needs one share of processors
            cpu, gpu = _part(cpu, self.together), _part(gpu, self.together)
        amounts = {"CPU": cpu, "GPU": gpu, "memory": self.memory * 2**30}
        return {name: amount for name, amount in amounts.items() if amount}


class Confirm(Section):
    """Train the leaders again with fresh seeds: their accuracy is the figure to report."""

    top: int = Field(3, ge=1, description="leading configurations, by validation")
    seeds: tuple[Number, ...] | None = Field(
        None,
        min_length=2,
        description="replicates of each, none of them a seed of the search; "
        "default: the five lowest from 1 on that it has not used",
    )
    base: dict[str, Any] = Field(
        {}, description="keys with another value than in the search, such as more epochs"
    )

    @property
    def settings(self) -> list[str]:
        """Keys with another value than in the search, as `--set` takes them."""
        return [f"{k}={v if isinstance(v, str) else json.dumps(v)}" for k, v in self.base.items()]

    @property
    def changes(self) -> str:
        """The same in words that follow others; empty if nothing."""
        return f" with {', '.join(self.settings)}" if self.base else ""


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
    seeds: tuple[Number, ...] = Field((0,), min_length=1, description="replicates of each")
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
        seeds = len(self.confirm.seeds or fresh_seeds(self.seeds))
        trials = self.confirm.top * max(1, len(self.kinds)) * seeds
        return trials, trials * int(self.confirm.base.get("epochs", max(self.values("epochs"))))

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
