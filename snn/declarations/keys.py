"""Keys that a file declares: type, range, default, meaning."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from snn.declarations.plain_words import in_plain_words
from snn.errors import ConfigError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class PluginError(ConfigError):
    """A user's file cannot be used; the text names the file, the line and the reason."""


@dataclass(frozen=True)
class Key:
    """A key that a component declares, of ours or of a user's, or a sampler or a scheduler.

    Attributes:
        name: Letters, digits and `_`; no key of ours.
        type: `int`, `float`, `str` or `bool`.
        default: Its value when it is not given.
        low: Least value of a number, allowed itself; None: any.
        high: Greatest value of a number, allowed itself; None: any.
        high_by_dt: Greatest product of a component's key with `dt`, the ms of a time step, such as
            the turns in a step of a frequency; None: any. The default is meant for steps of 1 ms:
            where it is too high for `dt`, it is divided by it.
        choices: All that is allowed; empty: anything of the type.
        description: What it means, with its unit.

    Raises:
        PluginError: The declaration contradicts itself; one line.
    """

    name: str
    type: type
    default: Any
    low: float | None = None
    high: float | None = None
    high_by_dt: float | None = None
    choices: tuple[Any, ...] = ()
    description: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise PluginError(f"key {self.name!r}: a name has letters, digits and _")
        if self.type not in (int, float, str, bool):
            raise PluginError(f"key {self.name}: its type must be int, float, str or bool")
        if self.type not in (int, float) and (self.low, self.high) != (None, None):
            raise PluginError(f"key {self.name}: only numbers have low and high")
        object.__setattr__(self, "choices", tuple(self.choices))
        try:
            for choice in self.choices:
                self._of_type(choice)
            object.__setattr__(self, "default", self.checked(self.default))
        except ValueError as error:
            raise PluginError(f"key {self.name}: its default or a choice: {error}") from None

    def default_at(self, dt: float) -> Any:
        """Its value when it is not given and a time step has so many ms."""
        too_high = self.high_by_dt is not None and self.default * dt > self.high_by_dt
        return self.default / dt if too_high else self.default

    @property
    def annotation(self) -> Any:
        """The type with its limits, as a pydantic field takes it."""
        kind: Any = Literal[self.choices] if self.choices else self.type
        limits = Field(ge=self.low, le=self.high, description=self.description)
        if self.choices:
            limits = Field(description=self.description)
        flags = [] if self.type is bool else [BeforeValidator(no_flag)]
        finite = [Field(allow_inf_nan=False)] if self.type is float and not self.choices else []
        return Annotated[(kind, limits, *finite, *flags)]

    def checked(self, value: Any) -> Any:
        """The value as one of this key.

        Raises:
            ValueError: It is not allowed; what is, in one line.
        """
        return _validated(self.annotation, value)

    def _of_type(self, value: Any) -> None:
        _validated(self.type, value)


def _validated(annotation: Any, value: Any) -> Any:
    try:
        return TypeAdapter(annotation).validate_python(value)
    except ValidationError as error:
        raise ValueError(in_plain_words(error.errors(include_url=False)[0])) from None


def no_flag(value: Any) -> Any:
    """Refuse true and false where numbers and names are wanted: they would be taken for 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("must not be true or false")
    return value
