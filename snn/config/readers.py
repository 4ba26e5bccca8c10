"""How values are read that a user may write in several ways: sizes, data sets, `off`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetJsonSchemaHandler,
    ValidationInfo,
    field_validator,
)

from snn.declarations.data_paths import PATTERN, is_path, mistake
from snn.declarations.keys import no_flag


def hidden_sizes(value: Any) -> Any:
    """The sizes of the hidden layers, of one number or a list.

    Raises:
        ValueError: They are neither.
    """
    sizes = value if isinstance(value, list | tuple) else [value]
    if not sizes or any(type(size) is not int or size < 1 for size in sizes):
        raise ValueError("needs a whole number of neurons from 1 on, or a list of them")
    return tuple(sizes)


_SIZE = {"type": "integer", "minimum": 1}
HIDDEN_SCHEMA = {"anyOf": [_SIZE, {"type": "array", "items": _SIZE, "minItems": 1}]}


LAYERS = "layers"
"""The value of `network` that is no network of a user's."""


def layers_by_default(value: Any) -> Any:
    """The value of `network`, of which none stands for our own network."""
    return LAYERS if value is None else no_flag(value)


def read_patience(value: Any) -> Any:
    """A number of epochs, of which 0, false, none and `off` stand for no end."""
    return 0 if value is False or value is None or value == "off" else no_flag(value)


class Section(BaseModel):
    """Keys of one owner: frozen, known, finite; no flag stands for a number."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_flags(cls, value: Any, info: ValidationInfo) -> Any:
        if value is not True and value is not False:
            return value
        field = cls.model_fields[str(info.field_name)]
        reads_itself = any(isinstance(item, BeforeValidator) for item in field.metadata)
        return value if field.annotation is bool or reads_itself else no_flag(value)


def name_or_path(value: Any, named: Callable[[Any], Any]) -> Any:
    """A data set: a name, which may have options behind `@`, or a path.

    Args:
        value: As it was given.
        named: Checks a name.

    Raises:
        ValueError: It is a path that cannot be one.
    """
    if not is_path(value):
        named(value.partition("@")[0] if isinstance(value, str) else value)
        return value
    wrong = mistake(value)
    if wrong:
        raise ValueError(wrong)
    return value


_NAMED = rf"{PATTERN}|^[A-Za-z][A-Za-z0-9_]*@"  # a path, or a name with options


class PathsToo:
    """In the JSON schema of the names, paths and names with options are allowed, too."""

    @staticmethod
    def __get_pydantic_json_schema__(core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [handler(core), {"type": "string", "pattern": _NAMED}]}
