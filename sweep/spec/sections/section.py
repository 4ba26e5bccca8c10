"""What every section of a specification is."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from snn.config import no_flag

Number = Annotated[int, Field(ge=0, lt=2**31), BeforeValidator(no_flag)]


class Section(BaseModel):
    """A part of a specification: frozen, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    _no_flags = field_validator("*", mode="before")(no_flag)
