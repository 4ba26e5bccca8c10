"""The sections `sampler` and `scheduler`: what they may say is what the methods declare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from pydantic import ConfigDict, Field, create_model

from snn.declarations.keys import Key
from sweep.methods.samplers import SAMPLERS
from sweep.methods.samplers.base import Sampler
from sweep.methods.schedulers import SCHEDULERS
from sweep.methods.schedulers.base import Scheduler
from sweep.spec.sections.section import Number, Section


class _Chosen(Section):
    """A method by its name. Its own keys are extra ones, as far as they are not the default."""

    model_config = ConfigDict(extra="allow")

    def values_of(self, keys: Sequence[Key]) -> dict[str, Any]:
        """The values of these keys, by name."""
        given = self.model_extra or {}
        return {key.name: given.get(key.name, key.default) for key in keys}

    def given(self, name: str) -> Any:
        """The value of a key if it is not its default, else None."""
        return (self.model_extra or {}).get(name)


class ChosenSampler(_Chosen):
    """Who suggests configurations."""

    name: str = "tpe"
    seed: Number = 0

    @property
    def declared(self) -> Sampler:
        """What is known of the method."""
        return SAMPLERS[self.name]


class ChosenScheduler(_Chosen):
    """Who stops bad trials early."""

    name: str = "asha"

    @property
    def declared(self) -> Scheduler:
        """What is known of the method."""
        return SCHEDULERS[self.name]


def by_name(value: Any) -> Any:
    """A section that is given by its name alone, as the section."""
    return {"name": value} if isinstance(value, str) else value


def read_sampler(value: Any) -> Any:
    """Validate the section `sampler` by what the samplers declare."""
    return _read(by_name(value), sampler_model(), ChosenSampler)


def read_scheduler(value: Any) -> Any:
    """Validate the section `scheduler` by what the schedulers declare."""
    given = "none" if value is None else value
    return _read(by_name(given), scheduler_model(), ChosenScheduler)


def sampler_model() -> type[Section]:
    """All that the section `sampler` may say."""
    seed = (Number, Field(0, description="of the sampler's random numbers"))
    what = "Optuna's sampler; grid runs every point of the space"
    return _model(ChosenSampler, "Sampler", tuple(SAMPLERS.values()), what, (("seed", seed),))


def scheduler_model() -> type[Section]:
    """All that the section `scheduler` may say."""
    what = "Ray Tune's scheduler"
    return _model(ChosenScheduler, "Scheduler", tuple(SCHEDULERS.values()), what)


def _read(value: Any, model: type[Section], chosen: type[_Chosen]) -> Any:
    """The section, without the keys that have their defaults; pydantic reports what is wrong."""
    if isinstance(value, chosen):
        return value
    return chosen(**model.model_validate(value).model_dump(exclude_defaults=True))


@lru_cache
def _model(
    chosen: type[_Chosen],
    title: str,
    methods: tuple[Sampler, ...] | tuple[Scheduler, ...],
    what: str,
    common: tuple[tuple[str, Any], ...] = (),
) -> type[Section]:
    names = Literal[tuple(method.name for method in methods)]  # type: ignore[valid-type]
    default = chosen.model_fields["name"].default
    keys = _merged(key for method in methods for key in method.keys)
    fields: Mapping[str, Any] = {
        "name": (names, Field(default, description=what)),
        **dict(common),
        **{name: (key.annotation, key.default) for name, key in keys.items()},
    }
    return create_model(title, __base__=Section, __doc__=chosen.__doc__, **fields)


def _merged(keys: Iterable[Key]) -> dict[str, Key]:
    """The keys of several methods by name; those of one name are the same key."""
    by_name: dict[str, Key] = {}
    for key in keys:
        same = by_name.setdefault(key.name, key) == key
        assert same, f"the key {key.name} is declared twice, and differently"
    return by_name
