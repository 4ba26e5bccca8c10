"""A trial that has begun and has no end yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Running:
    """A trial in progress.

    Attributes:
        name: For people.
        epochs: That it is to train.
        group: The `group_id` of its configuration.
        epoch: The last one that was reported; 0: none.
        metrics: Of that epoch.
    """

    name: str
    epochs: int
    group: str = ""
    epoch: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
