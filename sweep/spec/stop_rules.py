"""The section `stop`: what ends trials or the search before the plan is done."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from sweep.spec.sections import Section


def _as_given(value: Any) -> Any:
    return value


class Stop(Section):
    """What ends trials or the search before the plan is done."""

    silent: bool | None = Field(
        None,
        description="a configuration ends, as pruned, after an epoch in which a hidden layer has "
        "no spikes on the validation images, or its neurons spike at 95 % of the steps; "
        "default: in searches, unless scheduler is none",
    )

    _no_flags = field_validator("silent", mode="before")(_as_given)  # true and false are meant
