"""What was asked of the command `effects`, and which options do not go together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sweep.errors import SpecError

if TYPE_CHECKING:
    from analysis.stats.margins import Margin

METRIC = "test_accuracy"
"""What is compared, unless another metric is asked for."""

SEVERAL = "several --margin"
"""That there are several margins, as an option of its own."""

CROSSED = "--interactions with --across or --within"
"""That main effects and interactions are asked for, in networks."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The options of `effects`, as its help says them."""

    names: Sequence[str]
    factor: Sequence[str]
    metric: str
    margins: Sequence[Margin]
    within: Sequence[str]
    tuned: bool
    block: str
    groups: bool
    views: bool
    interactions: bool
    variance: bool
    changes: bool
    across: Sequence[str]
    looks: int
    figure: Path | None

    @property
    def options(self) -> frozenset[str]:
        """The options that were given and that do not go with all others."""
        given = {
            "--factor": self.factor,
            "--tuned": self.tuned,
            "--block": self.block,
            "--groups": self.groups,
            "--figure": self.figure,
            SEVERAL: self.margins[1:],
            "--looks": self.looks > 1,
            "--views": self.views,
            "--interactions": self.interactions,
            "--variance": self.variance,
            "--changes": self.changes,
            CROSSED: self.interactions and not self.changes and (self.across or self.within),
        }
        return frozenset(option for option, is_given in given.items() if is_given)

    def check(self) -> None:
        """Check what holds in every mode.

        Raises:
            SpecError: An option lacks another one that it needs, or does not go with one.
        """
        if self.tuned and not self.factor:
            raise SpecError("--tuned: needs a --factor, such as dynamics")
        if self.groups and (self.block or self.metric != METRIC):
            raise SpecError("--groups: goes with neither --block nor another --metric")
        if self.across and not (self.changes or self.interactions):
            raise SpecError("--across: goes with --changes or --interactions")
        if SEVERAL in self.options:
            refuse(self, SEVERAL, ("--figure",))


def refuse(asked: Asked, what: str, others: Sequence[str]) -> None:
    """Refuse an option beside others that were given.

    Raises:
        SpecError: One was.
    """
    for option in others:
        if option in asked.options:
            raise SpecError(f"{what}: does not go with {option}")
