"""The section `resources`: what one trial is given of a machine."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from sweep.spec.sections.section import Section

AUTO, OFF = "auto", "off"
MOST_PACKED = 32
"""Streams that PyTorch has: more trials of a card would share some of them."""


def _whole_above_1(value: float) -> float:
    if value > 1 and value % 1:
        raise ValueError("must be a whole number above 1; fractions are for less than one")
    return value


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
