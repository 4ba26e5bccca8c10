"""The section `budget`: what a sweep may take, its confirmation included."""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field, model_validator

from sweep.spec.sections.section import Section

_HOURS = {"d": 24.0, "h": 1.0, "min": 1 / 60, "m": 1 / 60, "s": 1 / 3600}
_PART = r"(\d+(?:\.\d+)?)\s*(d|h|min|m|s)"
_FORMS = "a time such as 8h or 90min, {trial_hours: 20} or {epochs: 5000}"


class Budget(Section):
    """What a sweep may take, over all resumes: one of three. It includes the confirmation."""

    wall_hours: float | None = Field(
        None, gt=0, description="hours by the clock while a driver runs; budget: 8h says the same"
    )
    trial_hours: float | None = Field(
        None, gt=0, description="hours of training, summed over all trials"
    )
    epochs: int | None = Field(None, ge=1, description="epochs trained, summed over all trials")

    @model_validator(mode="after")
    def _one(self) -> Budget:
        if len(self.model_dump(exclude_none=True)) != 1:
            raise ValueError(f"needs one limit: {_FORMS}")
        return self

    def __str__(self) -> str:
        if self.epochs is not None:
            return f"{self.epochs} epochs"
        if self.trial_hours is not None:
            return f"{self.trial_hours:g} trial-hours"
        assert self.wall_hours is not None
        return _in_words(self.wall_hours)


def read_budget(value: Any) -> Any:
    """A time as text, as the section; everything else as it is, to be validated.

    >>> read_budget("1h 30min")
    {'wall_hours': 1.5}

    Raises:
        ValueError: It is a number without a unit, or a text that is no time.
    """
    if isinstance(value, str) and re.fullmatch(rf"(\s*{_PART})+\s*", value):
        parts = re.findall(_PART, value)
        return {"wall_hours": sum(float(number) * _HOURS[unit] for number, unit in parts)}
    if isinstance(value, str | int | float):
        raise ValueError(f"needs {_FORMS}")
    return value


def _in_words(hours: float) -> str:
    seconds = round(hours * 3600)
    if seconds % 60 or not seconds:
        return f"{hours * 3600:g} s"
    minutes = seconds // 60
    return f"{hours:g} h" if minutes % 60 == 0 else f"{minutes} min"
