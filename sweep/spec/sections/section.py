"""What every section of a specification is."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from snn.config import no_flag

_MOST_COUNTED = 20  # seeds that a message lists

Number = Annotated[int, Field(ge=0, lt=2**31), BeforeValidator(no_flag)]


def _seeds(value: Any) -> Any:
    """A list as it is; of one number it cannot be told whether it counts seeds or is one."""
    if type(value) is int and 1 < value <= _MOST_COUNTED:
        raise ValueError(
            f"needs a list, as [{value}] for the seed {value} alone, or {list(range(value))} for "
            f"{value} seeds"
        )
    return value


Seeds = Annotated[tuple[Number, ...], BeforeValidator(_seeds)]


class Section(BaseModel):
    """A part of a specification: frozen, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    _no_flags = field_validator("*", mode="before")(no_flag)
