"""One training run as a frozen, validated, flat configuration.

`TrialConfig` is all sections at once, so it can be handed to any of their owners as it is.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from functools import cache, cached_property, lru_cache
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, ValidationError, create_model, model_validator

from snn.config import usage
from snn.config.presets import PUBLISHED_DEFECTS, conditional_defaults
from snn.config.readers import LAYERS
from snn.config.sections import (
    OPTIONAL,
    SEEDS_APART,
    ComponentKeys,
    DataConfig,
    DefectsConfig,
    EncodingConfig,
    ExecutionConfig,
    NetworkConfig,
    NeuronConfig,
    RegularisationConfig,
    TrainingConfig,
)
from snn.config.wire import Wire
from snn.config.wording import describe
from snn.declarations.keys import PluginError
from snn.errors import ConfigError
from snn.registry import KINDS, OURS, Component, Registry, current


class TrialConfig(
    DataConfig,
    EncodingConfig,
    NeuronConfig,
    DefectsConfig,
    NetworkConfig,
    TrainingConfig,
    RegularisationConfig,
    ExecutionConfig,
    ComponentKeys,
):
    """Everything that determines the numbers of one run.

    Attributes:
        registry: The components that it can name.

    Raises (through `parse`): ConfigError, a line a mistake: key, value and what is allowed.
    """

    registry: ClassVar[Registry] = OURS

    @model_validator(mode="before")
    @classmethod
    def _fill_defaults(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        conditions = {"preset", *KINDS.values()}
        facts = {key: given.get(key, cls.model_fields[key].default) for key in conditions}
        defaults: dict[str, Any] = {}
        for condition, values in conditional_defaults(cls.registry):
            if all(facts[key] == wanted for key, wanted in condition.items()):
                defaults |= values
        found = defaults | dict(given) | cls._replaced(given, facts["encoding"])
        return cls._following_dt(found, facts) | found

    @classmethod
    def _following_dt(cls, given: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
        """Defaults of keys that may not be too high for the time step."""
        dt = given.get("dt", cls.model_fields["dt"].default)
        if not isinstance(dt, int | float) or not dt > 0:
            return {}
        used = (each for each in cls.registry.components if facts[KINDS[each.kind]] == each.name)
        return {key.name: key.default_at(dt) for each in used for key in each.limited}

    @classmethod
    def _replaced(cls, given: Mapping[str, Any], encoding: Any) -> dict[str, Any]:
        """Keys whose place others take, with the values of those."""
        if encoding not in cls.registry.names("encoding"):
            return {}
        replaces = cls.registry.get("encoding", encoding).replaces
        values = {key: given.get(by, cls.model_fields[by].default) for key, by in replaces.items()}
        return {key: value for key, value in values.items() if isinstance(value, int | float)}

    @classmethod
    def parse(cls, values: Mapping[str, Any], components: Registry | None = None) -> TrialConfig:
        """Validate plain values; what is wrong comes as one ConfigError, a line each.

        Args:
            values: By key.
            components: Those that it can name; default: the registry that is used now.
        """
        kind = _kind(components)
        if isinstance(values, Wire) and isinstance(values.origin, kind):
            return values.origin
        try:
            made = kind(**values)
        except ValidationError as error:
            raise ConfigError(*_told(error, components).values()) from None
        too_high = made.too_high()
        if too_high:
            raise ConfigError(*too_high.values())
        return made

    @classmethod
    def mistakes(
        cls, values: Mapping[str, Any], components: Registry | None = None
    ) -> dict[str, str]:
        """What is wrong with plain values, by key; a line each. Takes what `parse` takes."""
        try:
            return _kind(components)(**values).too_high()
        except ValidationError as error:
            return _told(error, components)

    def component(self, kind: str) -> Component:
        """The component of a kind that this run uses or, without spikes, would use."""
        return self.registry.get(kind, getattr(self, KINDS[kind]))

    @property
    def has_own_network(self) -> bool:
        """Whether the network is a user's."""
        return self.network != LAYERS

    @property
    def spiking(self) -> bool:
        """Whether the network is one of layers of spiking neurons."""
        return not self.has_own_network and self.component("neuron").spiking

    def uses(self, key: str) -> bool:
        """Whether a key has an effect in this run."""
        return key not in self._unused()

    def uses_kind(self, kind: str) -> bool:
        """Whether the component of a kind is used in this run."""
        return any(each.kind == kind for each in self.components)

    def misfit(self, content: str) -> str:
        """Why the encoding does not take what a data set has, in one line; empty if it does.

        Args:
            content: Of the data set: `images` or `events`.
        """
        encoding = self.component("encoding")
        if not self.uses_kind("encoding") or encoding.takes == content:
            return ""
        fitting = (c.name for c in self.registry.of("encoding") if c.takes == content)
        return (
            f"encoding: {encoding.name} takes {encoding.takes}, and the data set {self.dataset} "
            f"has {content}; use {', '.join(fitting)}"
        )

    def too_high(self) -> dict[str, str]:
        """The keys that are too high for the time step, each with a line about it."""
        wrong, by = {}, self.component("encoding").replaces.get("dt", "dt")
        for key in (key for each in self.components for key in each.limited):
            value, most = getattr(self, key.name), key.high_by_dt
            if most is not None and value * self.dt > most:
                allowed = math.floor(most / self.dt * 10) / 10 or most / self.dt
                wrong[key.name] = (
                    f"{key.name}: {value:g} is too high for time steps of {self.dt:g} ms ({by}); "
                    f"allowed is at most {allowed:g}"
                )
        return wrong

    @property
    def components(self) -> list[Component]:
        """The components that this run uses."""
        return usage.components(self.registry, self._deciding())

    def identity(self) -> dict[str, Any]:
        """What determines the numbers: techniques that are not used are left out.

        The digests of users' files are part of it, where a component of theirs is used.
        """
        params = self.params()
        optional = OPTIONAL | PUBLISHED_DEFECTS.keys()
        neutral = {key: type(self).model_fields[key].default for key in optional}
        if params.get("preset") == "published":
            neutral |= PUBLISHED_DEFECTS
        told = {k: v for k, v in params.items() if k not in neutral or v != neutral[k]}
        return told | ({"plugins": self.plugins} if self.plugins else {})

    @property
    def plugins(self) -> list[str]:
        """The digests of the users' files that this run needs, in order."""
        return sorted({each.digest for each in self.components if each.digest})

    def params(self) -> dict[str, Any]:
        """The keys that this run uses, with plain values, as they are logged."""
        without = self._unused() | {key for key in SEEDS_APART if getattr(self, key) is None}
        return {key: value for key, value in self.to_wire().items() if key not in without}

    def _unused(self) -> frozenset[str]:
        return _unused_keys(self.registry, tuple(self._deciding().items()))

    def why_unused(self, key: str) -> usage.Unused:
        """Why a key has no effect in this run: `uses` is false of it."""
        return usage.why_unused(self.registry, key, self._deciding())

    def _deciding(self) -> dict[str, Any]:
        keys = (*KINDS.values(), "learn_beta")
        return {key: getattr(self, key) for key in keys}

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other values, and with the ids of its own."""
        copied = super().model_copy(update=update, deep=deep)
        for name in ("config_id", "group_id"):
            copied.__dict__.pop(name, None)
        return copied

    def to_wire(self) -> dict[str, Any]:
        """All keys with plain values, to hand to another process: `parse` gives an equal one."""
        values = self.model_dump()
        values["hidden"] = self.hidden[0] if len(self.hidden) == 1 else list(self.hidden)
        return dict(sorted(values.items()))

    @property
    def wire(self) -> Wire:
        """As `to_wire`, for libraries that would copy a dictionary and take it apart."""
        return Wire(self.to_wire(), self)

    @cached_property
    def config_id(self) -> str:
        """12 hex digits that are equal exactly when the runs are the same, seed included."""
        return _digest(self.identity())

    @cached_property
    def group_id(self) -> str:
        """As `config_id`, but the same for all seeds."""
        return _digest({key: v for key, v in self.identity().items() if key != "seed"})


@lru_cache(maxsize=1024)  # the runs of a sweep differ in few of the values that decide it
def _unused_keys(registry: Registry, deciding: tuple[tuple[str, Any], ...]) -> frozenset[str]:
    return frozenset(usage.unused_keys(registry, dict(deciding)))


def model() -> type[TrialConfig]:
    """The configuration with the components and keys of the registry that is used now."""
    return _model(current())


@cache
def _model(registry: Registry) -> type[TrialConfig]:
    if registry is OURS:
        return TrialConfig
    fields: dict[str, Any] = {}
    for kind, key in KINDS.items():
        ours = TrialConfig.model_fields[key]
        names: Any = Literal[registry.names(kind)]
        described = Field(description=ours.description)
        fields[key] = Annotated[(names, described, *ours.metadata)], ours.default
    wrong = [line for component in registry.plugins for line in _mistaken_keys(component)]
    if wrong:
        raise PluginError(*wrong)
    for component in registry.plugins:
        fields |= {key.name: (key.annotation, key.default) for key in component.keys}
    extended = create_model("TrialConfig", __base__=TrialConfig, **fields)
    extended.registry = registry
    return extended


def _kind(components: Registry | None) -> type[TrialConfig]:
    return model() if components is None else _model(components)


def _told(error: ValidationError, components: Registry | None) -> dict[str, str]:
    lines: dict[str, str] = {}
    for place, line in describe(error, lambda _: _kind(components), own=True):
        lines.setdefault(str(place[0]) if place else "", line)
    return lines


def check_keys(registry: Registry) -> None:
    """Refuse components whose keys are not those that they may bring or change.

    Raises:
        PluginError: A line for each.
    """
    _model(registry)


def _mistaken_keys(component: Component) -> Iterator[str]:
    """The keys of a declaration that are not those that it may bring or change, a line each."""
    where = f"{component.file}: {component.title}"
    for key in component.own:
        if hasattr(TrialConfig, key) or key in TrialConfig.model_fields:
            yield f"{where}: key {key} exists already, in spikesweep; rename it"
    for key in (*component.uses, *component.defaults, *component.published):
        if key not in TrialConfig.model_fields:
            known = "only its own keys may be new; they stand in keys"
            yield f"{where}: {key} is no key of spikesweep; {known}"


def _digest(values: Mapping[str, Any]) -> str:
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
