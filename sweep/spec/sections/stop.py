"""The section `stop`: what ends trials or the search before the plan is done."""

from __future__ import annotations

from pydantic import Field, field_validator

from snn.config import no_flag
from sweep.spec.sections.section import Section

ENOUGH = 10
"""Complete configurations from which on the noise between seeds is judged."""


class Stop(Section):
    """What ends trials or the search before the plan is done."""

    silent: bool | None = Field(
        None,
        description="a configuration ends, as pruned, after an epoch in which a hidden layer has "
        "no spikes on the validation images, or its neurons spike at 95 % of the steps; "
        "default: in searches, unless scheduler is none",
    )
    target: float | None = Field(
        None,
        description="the search ends when a configuration has this value of the metric, as the "
        "mean over its seeds; trials that have begun are finished",
    )
    noise: bool = Field(
        False,
        description="the search ends when half as many configurations again are expected to gain "
        "less than the noise between seeds; trials that have begun are finished",
    )

    _no_flags = field_validator("target", mode="before")(no_flag)  # elsewhere they are meant
