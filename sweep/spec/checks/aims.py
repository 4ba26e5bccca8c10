"""Checks of what a sweep aims at, and of what ends it: metrics, limits, `stop`, `budget`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from analysis.records import EPOCH_METRICS, MAX, RANGES, SEARCHABLE
from analysis.text.plain import brief, did_you_mean
from sweep.methods.constraints import Constraint
from sweep.methods.samplers import SAMPLERS
from sweep.methods.samplers.base import Sampler
from sweep.spec.sections.stop import ENOUGH

if TYPE_CHECKING:
    from sweep.spec.specification import Specification


def metric(sweep: Specification) -> Iterator[str]:
    """Metrics that can be searched for."""
    names = _metrics(sweep)
    for name in names:
        if name not in SEARCHABLE:
            hint = did_you_mean(name, SEARCHABLE, f"{', '.join(SEARCHABLE)} can")
            yield f"metric: {brief(name)} cannot be searched for; {hint}"
    if not names:
        yield f"metric: needs at least one of {', '.join(SEARCHABLE)}"


def against_the_usual(sweep: Specification) -> Iterator[str]:
    """Modes that look for what is worse; allowed, as somebody may mean it."""
    for name, mode in sweep.directions.items():
        better = EPOCH_METRICS[name]
        if mode != better:
            less, more = ("less", "more") if better == MAX else ("more", "less")
            yield (
                f"metric.{name}: {mode} looks for {less} of it, and {more} is better; "
                f"write {better} unless that is meant"
            )


def constraints(sweep: Specification) -> Iterator[str]:
    """Limits on metrics that can be limited, which can be kept and can be broken."""
    for name, text in sweep.constraints.items():
        if name not in SEARCHABLE:
            hint = did_you_mean(name, SEARCHABLE, f"{', '.join(SEARCHABLE)} can")
            yield f"constraints.{brief(name)}: cannot be limited; {hint}"
            continue
        one, (low, high) = Constraint.parse(name, text), RANGES[name]
        never = one.limit < low if one.at_most else one.limit > high
        always = one.limit >= high if one.at_most else one.limit <= low
        if never or always:
            how = "can never be kept" if never else "limits nothing"
            yield f"constraints.{name}: {brief(text)} {how}: {_range(name)}"


def several_metrics(sweep: Specification) -> Iterator[str]:
    """Several metrics with a sampler that takes them."""
    sampler = sweep.sampler.declared
    several = not isinstance(sweep.metric, str) and len(sweep.metric) > 1
    if several and not sampler.several_metrics:
        others = samplers_that(lambda sampler: sampler.several_metrics)
        yield f"sampler: {sampler.name} takes one metric; for several use {others}"


def stop(sweep: Specification) -> Iterator[str]:
    """Rules that end the search, beside what they need."""
    target, names = sweep.stop.target, _metrics(sweep)
    given = [
        name for name, on in (("target", target is not None), ("noise", sweep.stop.noise)) if on
    ]
    for name in given:
        if len(names) > 1:
            yield f"stop.{name}: needs one metric, and metric has {len(names)}"
        if sweep.each:
            yield f"stop.{name}: stands beside each, where every kind has leaders; keep one of them"
    if target is not None:
        for name in filter(RANGES.__contains__, names):
            low, high = RANGES[name]
            if not low <= target <= high:
                yield f"stop.target: {_range(name)}; got {target:g}"
    if sweep.stop.noise:
        yield from _noise(sweep)


def _noise(sweep: Specification) -> Iterator[str]:
    if len(sweep.seeds) < 2:
        yield "stop.noise: needs two seeds or more, and seeds has one"
    if sweep.sampler.declared.every_point:
        others = samplers_that(lambda sampler: not sampler.every_point)
        yield f"stop.noise: the order of a {sweep.sampler.name} is no search; use {others}"
    elif sweep.configurations_planned() <= ENOUGH:
        planned = sweep.configurations_planned()
        yield f"stop.noise: needs more than {ENOUGH} configurations, and trials are {planned}"


def budget(sweep: Specification) -> Iterator[str]:
    """A budget that leaves something for the search."""
    most = None if sweep.budget is None else sweep.budget.epochs
    given = {} if sweep.confirm is None else sweep.confirm.base
    if most is None or not isinstance(given.get("epochs", 1), int):  # which another check tells
        return
    _, epochs = sweep.confirmation_planned()
    if epochs >= most:
        yield (
            f"budget.epochs: {most} leave nothing for the search: the confirmation takes {epochs}"
        )


def samplers_that(wanted: Callable[[Sampler], bool]) -> str:
    """The names of the samplers that an error may advise."""
    *names, last = [name for name, sampler in SAMPLERS.items() if wanted(sampler)]
    return f"{', '.join(names)} or {last}" if names else last


def _metrics(sweep: Specification) -> list[str]:
    """The names of the metrics, whether they are known or not."""
    return [sweep.metric] if isinstance(sweep.metric, str) else list(sweep.metric)


def _range(metric: str) -> str:
    """What values a metric can have, in words."""
    low, high = RANGES[metric]
    if math.isinf(high):
        return f"{metric} is a number from {low:g} on"
    return f"{metric} is a fraction from {low:g} to {high:g}, such as 0.98"
