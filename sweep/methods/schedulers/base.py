"""What a scheduler declares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snn.declarations.keys import Key

if TYPE_CHECKING:
    from ray.tune.schedulers import TrialScheduler

REDUCTION = Key(
    name="reduction",
    type=int,
    default=3,
    low=2,
    description="one of so many trials is kept at every rung",
)


@dataclass(frozen=True)
class Past:
    """A trial of this launch that has ended under an earlier driver.

    Attributes:
        config: As the trial was given it.
        epochs: Its metrics by epoch, counted from 1.
    """

    config: Mapping[str, Any]
    epochs: Mapping[int, Mapping[str, float]]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How the trials of a sweep are compared.

    Attributes:
        metric: What they report.
        mode: Whether `max` or `min` of it is better.
        time: Name under which they report the epoch, counted from 1.
        epochs: Of the longest trial.
        each: Keys of the configuration: trials that differ in them are not to be compared.
        earlier: Name under which the first report of a resumed trial has the metrics of the epochs
            before it, from the first on.
        past: Trials that a resumed launch has finished; read when a scheduler looks at them.
    """

    metric: str
    mode: str
    time: str
    epochs: int
    each: tuple[str, ...] = ()
    earlier: str = ""
    past: Iterable[Past] = ()


@dataclass(frozen=True, kw_only=True)
class Scheduler:
    """Who stops bad trials early.

    Attributes:
        name: In a specification.
        label: The method in the field's words.
        source: Where it was published, or is described.
        make: Ray Tune's scheduler, from how trials are compared and the values of `keys`. It
            imports Ray itself, so that a specification can be checked without.
        keys: What it takes in its section, beside `name`. Schedulers that share a key declare the
            same `Key`.
        within_epochs: Names of those keys that count epochs which every trial must have.
        forgets: What it does not know any more when a sweep is resumed, as a sentence for people;
            empty if it takes the trials of `Comparison.past` into account, or compares none.
    """

    name: str
    label: str
    source: str
    make: Callable[[Comparison, Mapping[str, Any]], TrialScheduler]
    keys: tuple[Key, ...] = ()
    within_epochs: tuple[str, ...] = ()
    forgets: str = ""
