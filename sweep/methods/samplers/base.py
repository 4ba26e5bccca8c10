"""What a sampler declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snn.declarations.keys import Key

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


@dataclass(frozen=True, kw_only=True)
class Sampler:
    """Who suggests configurations.

    Attributes:
        name: In a specification.
        label: The method in the field's words.
        source: Where it was published, or is described.
        make: Optuna's sampler, from a seed and the values of `keys`. It imports Optuna itself, so
            that a specification can be checked without.
        keys: What it takes in its section, beside `name` and `seed`.
        several_metrics: Whether it searches for a Pareto front of several metrics.
        choices: Whether it takes parameters whose values have no order.
        takes_results: Whether it learns from results of other sweeps (`start_from`).
        every_point: Whether every point of the space is run once; the sampler is not asked then,
            and the space must be finite.
    """

    name: str
    label: str
    source: str
    make: Callable[[int, Mapping[str, Any]], BaseSampler]
    keys: tuple[Key, ...] = ()
    several_metrics: bool = True
    choices: bool = True
    takes_results: bool = False
    every_point: bool = False
