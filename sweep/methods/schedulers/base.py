"""What a scheduler declares."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from analysis.records import MAX
from snn.declarations.keys import Key
from sweep.methods.constraints import Constraint, violation

if TYPE_CHECKING:
    from ray.tune.schedulers import TrialScheduler

REDUCTION = Key(
    name="reduction",
    type=int,
    default=3,
    low=2,
    description="one of so many trials is kept at every rung",
)


class Point(NamedTuple):
    """Where a configuration stands.

    Attributes:
        gains: Its metrics, each so that more is better; -inf for what is not known.
        violation: By how much it breaks the limits; 0: not at all.
    """

    gains: tuple[float, ...]
    violation: float = 0.0


@dataclass(frozen=True)
class Past:
    """A trial of this launch that has ended under an earlier driver.

    Attributes:
        config: As the trial was given it.
        epochs: Its metrics by epoch, counted from 1.
        state: How it ended, one of `State`.
        metrics: Its metrics at the end.
        reason: Why its configuration ended early; empty if it did not.
    """

    config: Mapping[str, Any]
    epochs: Mapping[int, Mapping[str, float]]
    state: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How the trials of a sweep are compared.

    Attributes:
        metrics: What they report and are compared by, each with its mode, `max` or `min`.
        constraints: Limits that a leader must keep.
        seeds: The replicates of every configuration, in their order.
        time: Name under which they report the epoch, counted from 1.
        why: Name under which the last result of a trial says why it was ended early.
        epochs: Of the longest trial.
        each: Keys of the configuration: trials that differ in them are not to be compared.
        earlier: Name under which the first report of a resumed trial has the metrics of the epochs
            before it, from the first on.
        rates: Name under which they report, for every hidden layer, the spikes of a neuron per
            step; empty: networks that do not spike, or always do, are not ended for it.
        past: Trials that a resumed launch has finished; read when a scheduler looks at them.
    """

    metrics: Mapping[str, str]
    time: str
    why: str
    epochs: int
    seeds: tuple[int, ...] = (0,)
    constraints: tuple[Constraint, ...] = ()
    each: tuple[str, ...] = ()
    earlier: str = ""
    rates: str = ""
    past: Iterable[Past] = ()

    @property
    def metric(self) -> str:
        """The first of the metrics: schedulers of Ray Tune look at one."""
        return next(iter(self.metrics))

    @property
    def mode(self) -> str:
        """That of the first metric."""
        return self.metrics[self.metric]

    def point(self, metrics: Mapping[str, float]) -> Point:
        """Where something with these metrics stands."""
        gains = []
        for name, mode in self.metrics.items():
            value = metrics.get(name, math.nan) * (1 if mode == MAX else -1)
            gains.append(-math.inf if math.isnan(value) else value)
        return Point(tuple(gains), violation(self.constraints, metrics))

    def words(self, point: Point) -> str:
        """The same for people: `val_accuracy 0.8123`."""
        signs = (1 if mode == MAX else -1 for mode in self.metrics.values())
        values = (sign * gain for sign, gain in zip(signs, point.gains, strict=True))
        parts = [f"{name} {v:.4g}" for name, v in zip(self.metrics, values, strict=True)]
        return ", ".join(parts) + (" (breaks a limit)" if point.violation else "")


@dataclass(frozen=True, kw_only=True)
class Scheduler:
    """Who stops bad trials early.

    Attributes:
        name: In a specification.
        label: The method in the field's words.
        source: Where it was published, or is described.
        make: What decides, from how trials are compared and the values of `keys`: a scheduler of
            Ray Tune's, which judges every seed by itself, or one of ours, which judges
            configurations. It imports Ray itself, so that a specification can be checked without.
        keys: What it takes in its section, beside `name`. Schedulers that share a key declare the
            same `Key`.
        within_epochs: Names of those keys that count epochs which every trial must have.
        stops: Whether it stops trials early at all.
        for_one_seed: Why it is for sweeps of one seed, as a sentence for people; empty if it judges
            configurations by all their seeds.
        forgets: What it does not know any more when a sweep is resumed, as a sentence for people;
            empty if it takes the trials of `Comparison.past` into account, or compares none.
    """

    name: str
    label: str
    source: str
    make: Callable[[Comparison, Mapping[str, Any]], TrialScheduler]
    keys: tuple[Key, ...] = ()
    within_epochs: tuple[str, ...] = ()
    stops: bool = True
    for_one_seed: str = ""
    forgets: str = ""
